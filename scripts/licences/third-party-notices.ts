import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { licenceOf } from "./licence-problems.ts";
import { type LockPackages, nameAt } from "./lock-packages.ts";

const HEAD = `Third-party notices
===================

Millrace installs or contains the packages below. Each is under its own licence, and none of them is changed.
Made by \`npm run check -- licences --fix\`; do not edit.
`;

/** The text of THIRD-PARTY-NOTICES: every package with its licence, and the texts of the licences. */
export async function thirdPartyNotices(
  root: string,
  packages: LockPackages,
  shipped: readonly string[],
): Promise<string> {
  const lines: string[] = [];
  const users = new Map<string, string[]>();
  for (const place of shipped) {
    const entry = packages[place] ?? {};
    const title = `${nameAt(place)} ${entry.version ?? ""}`.trim();
    const own = entry.os !== undefined || entry.cpu !== undefined;
    lines.push(
      `- ${title}: ${licenceOf(nameAt(place), entry)}${own ? " (its text is in the package itself)" : ""}`,
    );
    // Those of other systems are not installed here, and the file has to be the same everywhere.
    if (own) continue;
    for (const text of await licenceTexts(path.join(root, place))) {
      users.set(text, [...(users.get(text) ?? []), title]);
    }
  }
  const texts = [...users].map(([text, titles]) => `${"-".repeat(80)}\n${titles.join("\n")}\n\n${text}\n`);
  return `${HEAD}\n${[...new Set(lines)].join("\n")}\n\n${texts.join("\n")}`;
}

/** The files of a package that say under which licence it is, as they are but for line ends. */
async function licenceTexts(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch((): string[] => []))
    .filter((name) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(name) && !/\.(js|ts|json)$/.test(name))
    .toSorted();
  const texts = await Promise.all(
    names.map((name) => readFile(path.join(folder, name), "utf8").catch(() => "")),
  );
  return texts.map((text) => text.replaceAll("\r\n", "\n").trim()).filter((text) => text !== "");
}
