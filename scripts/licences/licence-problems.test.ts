import { expect, test } from "vitest";
import { licenceProblems } from "./licence-problems.ts";
import { closure, type LockPackages } from "./lock-packages.ts";

const packages: LockPackages = {
  "packages/core": { dependencies: { good: "1" }, optionalDependencies: { "for-mac": "1" } },
  "node_modules/@millrace/core": { link: true, resolved: "packages/core" },
  "packages/cli": {
    dependencies: { "@millrace/core": "1" },
    peerDependencies: { rare: "1" },
    peerDependenciesMeta: { rare: { optional: true } },
  },
  "node_modules/good": { license: "MIT", dependencies: { inner: "2" } },
  "node_modules/good/node_modules/inner": { license: "(GPL-3.0 OR MIT)" },
  "node_modules/inner": { license: "GPL-3.0" },
  "node_modules/for-mac": { license: "AGPL-3.0", os: ["darwin"] },
  "node_modules/rare": { license: "GPL-2.0" },
  "node_modules/lightningcss-linux-x64-gnu": { license: "MPL-2.0" },
  "node_modules/lightning": { license: "MPL-2.0" },
  "node_modules/silent": {},
};

test("what users get is followed as Node finds it, on every system, without optional peers", () => {
  expect(closure(packages, ["packages/cli"])).toEqual([
    "node_modules/for-mac",
    "node_modules/good",
    "node_modules/good/node_modules/inner",
  ]);
});

test("a licence that is not allowed is told with where the package is used", () => {
  expect(licenceProblems(packages, closure(packages, ["packages/cli"]))).toEqual([
    "node_modules/inner: GPL-3.0, and it is no tool that is named",
    "node_modules/for-mac: AGPL-3.0, and users get it",
    "node_modules/rare: GPL-2.0, and it is no tool that is named",
    "node_modules/lightning: MPL-2.0, and it is no tool that is named",
    "node_modules/silent: unstated, and it is no tool that is named",
  ]);
});

test("a tool of development is none where users get it", () => {
  expect(licenceProblems(packages, ["node_modules/lightningcss-linux-x64-gnu"])).toContain(
    "node_modules/lightningcss-linux-x64-gnu: MPL-2.0, and users get it",
  );
});
