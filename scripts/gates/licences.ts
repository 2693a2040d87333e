import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { licenceProblems } from "../licences/licence-problems.ts";
import type { LockPackages } from "../licences/lock-packages.ts";
import { shippedPackages } from "../licences/shipped-packages.ts";
import { thirdPartyNotices } from "../licences/third-party-notices.ts";
import type { Gate } from "./gate.ts";

const NOTICES = "THIRD-PARTY-NOTICES.txt";
const OWN = "SEE LICENSE IN LICENSE.txt";

/** What users install or what is bundled is permissive or LGPL, and THIRD-PARTY-NOTICES.txt tells all of it. */
export const licences: Gate = {
  name: "licences",
  checks: "users get permissive and LGPL packages alone, and the notices name each",
  async run({ root, fix }) {
    const lock = JSON.parse(await readFile(path.join(root, "package-lock.json"), "utf8")) as {
      packages: LockPackages;
    };
    const shipped = await shippedPackages(root, lock.packages);
    const problems = licenceProblems(lock.packages, shipped);
    for (const [place, { license }] of Object.entries(lock.packages)) {
      const own = place === "" || /^packages\/[^/]+$/.test(place);
      if (own && license !== OWN) problems.push(`${place || "package.json"}: license is not "${OWN}"`);
    }
    const wanted = await thirdPartyNotices(root, lock.packages, shipped);
    const file = path.join(root, NOTICES);
    const stale = (await readFile(file, "utf8").catch(() => "")) !== wanted;
    if (stale && fix) await writeFile(file, wanted);
    if (stale && !fix) problems.push(`${NOTICES} is not what is installed`);
    return {
      looked: Object.keys(lock.packages).length,
      unit: "packages",
      problems,
      notes: stale && fix ? [`wrote ${NOTICES}`] : [],
      hint: "npm run check -- licences --fix writes the notices; a licence is allowed in scripts/licences/allowed-licences.ts",
    };
  },
};
