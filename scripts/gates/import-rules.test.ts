import { expect, test } from "vitest";
import { importProblems } from "./import-rules.ts";
import { moduleImports } from "./module-imports.ts";
import type { Workspace, WorkspacePackage } from "./workspace.ts";

function pack(
  name: string,
  declared: { readonly has?: readonly string[]; readonly dev?: readonly string[] } = {},
): WorkspacePackage {
  return {
    name,
    folder: name === "root" ? "" : `packages/${name.replace("@millrace/", "")}`,
    dependencies: new Set(declared.has),
    devDependencies: new Set(declared.dev),
  };
}

const PACKAGES = [
  pack("root", { dev: ["vitest"] }),
  pack("@millrace/core", { has: ["zod"] }),
  pack("@millrace/connectors", { has: ["@millrace/core", "pg"], dev: ["tar"] }),
  pack("@millrace/platform", { has: ["@millrace/core", "@millrace/connectors"] }),
  pack("millrace", { has: ["@millrace/core", "@millrace/connectors", "@millrace/platform"] }),
];

/** A module in every package, so that only what a test adds is wrong. */
const QUIET = {
  "packages/core/src/index.ts": "",
  "packages/connectors/src/csv/index.ts": "",
  "packages/platform/src/index.ts": "",
  "packages/millrace/src/index.ts": "",
};

function problemsOf(files: Readonly<Record<string, string>>): string[] {
  const workspace: Workspace = {
    packages: PACKAGES,
    modules: Object.entries({ ...QUIET, ...files }).map(([path, text]) => ({
      path,
      imports: moduleImports(path, text),
    })),
  };
  return importProblems(workspace);
}

test("a workspace that keeps the rules has no problems", () => {
  expect(
    problemsOf({
      "packages/core/src/a.ts":
        'import { z } from "zod"; import { b } from "./b/b.ts"; import fs from "node:fs";',
      "packages/core/src/b/b.ts": "export const b = 1;",
      "packages/core/src/testing/suite.ts": 'import { b } from "../b/b.ts";',
      "packages/connectors/src/csv/read.ts": 'import pg from "pg"; import { x } from "../shared/x.ts";',
      "packages/connectors/src/csv/read.test.ts":
        'import { test } from "vitest"; import tar from "tar"; import { s } from "@millrace/core/testing"; import { read } from "./read.ts";',
      "packages/connectors/src/shared/x.ts": 'import type { Row } from "@millrace/core";',
      "packages/connectors/src/shared/x.test.ts": 'import { csv } from "../csv/index.ts";',
      "packages/platform/src/a.ts": 'import type { Row } from "@millrace/core";',
      "packages/millrace/src/a.ts":
        'import { csv } from "@millrace/connectors/csv"; import "@millrace/platform";',
      "packages/platform/test/a.test.ts":
        'import "@millrace/platform"; import "../src/a.ts"; new URL("../../../docs/a.md", import.meta.url);',
      "packages/millrace/test/b.test.ts": 'import "../../connectors/test/database.ts";',
      "e2e/run.test.ts": 'import { test } from "vitest"; import "millrace";',
      "examples/one/pipelines/a.ts": 'import { b } from "../lib/b.ts";',
    }),
  ).toEqual([]);
});

test.each([
  [
    "core importing a connector",
    "core/src/a.ts",
    'import { csv } from "@millrace/connectors/csv";',
    /core may import no other package/,
  ],
  [
    "core importing a type of a connector",
    "core/src/a.ts",
    'import type { Csv } from "@millrace/connectors/csv";',
    /core may import no other package/,
  ],
  [
    "core importing a connector inside a type",
    "core/src/a.ts",
    'type A = import("@millrace/connectors/csv").Csv;',
    /core may import no other package/,
  ],
  [
    "core loading a connector at run time",
    "core/src/a.ts",
    'await import("@millrace/connectors/csv");',
    /core may import no other package/,
  ],
  [
    "core passing a connector on",
    "core/src/a.ts",
    'export * from "@millrace/connectors/csv";',
    /core may import no other package/,
  ],
  [
    "connectors importing platform",
    "connectors/src/csv/a.ts",
    'import "@millrace/platform";',
    /connectors may import only @millrace\/core$/,
  ],
  [
    "a test of connectors importing platform",
    "connectors/src/csv/a.test.ts",
    'import "@millrace/platform";',
    /may import only/,
  ],
  [
    "platform importing connectors though it declares them",
    "platform/src/a.ts",
    'import "@millrace/connectors/csv";',
    /platform may import only/,
  ],
  [
    "platform importing the CLI",
    "platform/src/a.ts",
    'import { run } from "millrace";',
    /platform may import only/,
  ],
  [
    "a test using the helpers of a package that it may not know",
    "platform/test/a.test.ts",
    'import "../../connectors/test/database.ts";',
    /leaves packages\/platform/,
  ],
  [
    "a path into another package",
    "platform/src/a.ts",
    'import "../../core/src/index.ts";',
    /leaves packages\/platform/,
  ],
  [
    "a file beside the modules of another package",
    "platform/src/a.ts",
    'new URL("../../core/x.sql", import.meta.url);',
    /leaves packages\/platform/,
  ],
  [
    "one connector importing another",
    "connectors/src/csv/a.ts",
    'import "../postgres/index.ts";',
    /connector csv\/ must not know another/,
  ],
  [
    "one connector importing another through the package",
    "connectors/src/csv/a.ts",
    'import "@millrace/connectors/json";',
    /imports itself by relative paths/,
  ],
  [
    "shared parts importing a connector",
    "connectors/src/shared/a.ts",
    'import "../csv/index.ts";',
    /shared\/ must not know a connector/,
  ],
  [
    "product code importing a test",
    "connectors/src/csv/a.ts",
    'import "./b.test.ts";',
    /must not import tests/,
  ],
  [
    "product code importing a helper of tests",
    "connectors/src/csv/a.ts",
    'import "../../test/help.ts";',
    /must not import tests/,
  ],
  [
    "product code importing core's test parts",
    "connectors/src/csv/a.ts",
    'import "@millrace/core/testing";',
    /must not use test parts/,
  ],
  [
    "the engine importing its own test parts",
    "core/src/run/a.ts",
    'import "../testing/memory.ts";',
    /must not use its own test parts/,
  ],
  [
    "an undeclared dependency",
    "core/src/a.ts",
    'import "left-pad";',
    /left-pad is not declared in packages\/core\/package.json/,
  ],
  [
    "an undeclared scoped dependency with a path",
    "core/src/a.ts",
    'import "@a/b/c";',
    /@a\/b is not declared/,
  ],
  [
    "product code using what is declared for development",
    "connectors/src/csv/a.ts",
    'import "tar";',
    /declared for development only/,
  ],
  [
    "product code using what only the root declares",
    "core/src/a.ts",
    'import "vitest";',
    /vitest is not declared/,
  ],
  ["a module of Node without its prefix", "core/src/a.ts", 'import "fs";', /write "node:fs"/],
])("refuses %s", (_what, file, text, why) => {
  const problems = problemsOf({ [`packages/${file}`]: text });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(why);
  expect(problems[0]).toMatch(new RegExp(`^packages/${file}:1 imports "`));
});

test("refuses an example that reaches into the repository", () => {
  const problems = problemsOf({ "examples/one/a.ts": 'import "../../packages/core/src/index.ts";' });
  expect(problems).toEqual([expect.stringContaining("it leaves examples/")]);
});

test("refuses a cycle between folders and shows the way around", () => {
  const problems = problemsOf({
    "packages/core/src/a/one.ts": 'import "../b/two.ts";',
    "packages/core/src/b/two.ts": 'import type { T } from "../c/three.ts";',
    "packages/core/src/c/three.ts": 'import "../a/one.ts";',
  });
  expect(problems).toEqual([
    "cycle between folders: packages/core/src/a/one.ts → packages/core/src/b/two.ts → packages/core/src/c/three.ts → packages/core/src/a/one.ts",
  ]);
});

test("lets files of one folder need each other", () => {
  const problems = problemsOf({
    "packages/core/src/a/one.ts": 'import "./two.ts";',
    "packages/core/src/a/two.ts": 'import "./one.ts";',
  });
  expect(problems).toEqual([]);
});

test("refuses a package that is not in the table, and one in which no module was found", () => {
  const unknown = pack("@millrace/extra");
  const workspace: Workspace = {
    packages: [unknown],
    modules: [{ path: "packages/extra/src/a.ts", imports: [] }],
  };
  expect(importProblems(workspace)).toEqual([expect.stringContaining("@millrace/extra is not in the table")]);
  expect(importProblems({ ...workspace, packages: [pack("@millrace/core")] })).toEqual([
    "packages/core/src: no modules found",
  ]);
});

test("names the line of an import and does not take one from a comment or a string", () => {
  const text = '// import "./no.ts";\nconst s = `import "./no.ts"`;\n\nimport "./yes.ts";\n';
  expect(moduleImports("a.ts", text)).toEqual([{ kind: "value", specifier: "./yes.ts", line: 4 }]);
});

test("refuses a module that it cannot parse", () => {
  expect(() => moduleImports("a.ts", "import {")).toThrow(/a\.ts/);
});
