import { expect, test } from "vitest";
import { lockFileProblems } from "./lock-file.ts";

const GOOD = { version: "1.0.0", integrity: "sha512-x" };

test("a lock file with a hash for everything that is needed has no problems", () => {
  const packages = {
    "": { devDependencies: { a: "^1.0.0", "@x/pack": "1.0.0" } },
    "node_modules/@x/pack": { link: true, resolved: "packages/pack" },
    "packages/pack": { version: "1.0.0", dependencies: { b: "2" } },
    "node_modules/a": { ...GOOD, dependencies: { b: "1" }, optionalDependencies: { "@a/linux": "1" } },
    "node_modules/a/node_modules/b": GOOD,
    "node_modules/@a/linux": { ...GOOD, dependencies: { b: "2" } },
    "node_modules/b": GOOD,
  };
  expect(lockFileProblems({ packages })).toEqual([]);
});

test("refuses the address of a registry and a package without a hash", () => {
  const packages = {
    "": {},
    "node_modules/a": { ...GOOD, resolved: "https://registry.example.org/a.tgz" },
    "node_modules/b": { version: "1.0.0" },
  };
  expect(lockFileProblems({ packages })).toEqual([
    "node_modules/a: resolved https://registry.example.org/a.tgz",
    "node_modules/b: no integrity",
  ]);
});

test("refuses a lock file that lacks the binaries of another platform", () => {
  const packages = {
    "": { dependencies: { a: "1" } },
    "node_modules/a": { ...GOOD, optionalDependencies: { "@a/linux": "1.0.0", "@a/darwin": "1.0.0" } },
    "node_modules/@a/linux": GOOD,
  };
  expect(lockFileProblems({ packages })).toEqual(["node_modules/a: @a/darwin@1.0.0 has no entry"]);
});
