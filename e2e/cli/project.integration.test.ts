import { afterEach, expect, test } from "vitest";
import { type TestProject, testProject } from "./cli.ts";

let project: TestProject;
afterEach(() => project.remove());

const pipelineNamed = (name: string): string => `import { pipeline, rows } from "millrace";
import { memoryDestination } from "@millrace/core/testing";
export default pipeline("${name}", { group: "g", source: rows([{ id: 1 }]), destination: memoryDestination().table("t") });
`;

test("list finds the pipelines of nested files and arrays, in the order of the files", async () => {
  project = await testProject({
    "pipelines/b.ts": pipelineNamed("from-b"),
    "pipelines/a/many.ts": `import { pipeline, rows } from "millrace";
import { memoryDestination } from "@millrace/core/testing";
const destination = memoryDestination().table("t");
export default ["x", "y"].map((name) => pipeline(name, { source: rows([]), destination, enabled: name === "x" }));
`,
    "pipelines/_helper.ts": "export const nothing = 1;",
    "pipelines/a.test.ts": "throw new Error('a test is no pipeline');",
    "pipelines/types.d.ts": "export {};",
  });
  const { code, stdout } = await project.millrace("list", "--json");
  expect(code).toBe(0);
  const listed = JSON.parse(stdout) as { name: string; file: string; enabled: boolean; source: string }[];
  expect(listed.map(({ name, file, enabled }) => [name, file, enabled])).toEqual([
    ["x", "pipelines/a/many.ts", true],
    ["y", "pipelines/a/many.ts", false],
    ["from-b", "pipelines/b.ts", true],
  ]);
  expect(listed[2]).toMatchObject({ group: "g", source: "rows", destination: "memory" });
  expect((await project.millrace("list", "--names")).stdout).toBe("x\ny\nfrom-b\n");
});

test("a project needs no installed packages, and its own files import one another", async () => {
  project = await testProject({
    "connectors/numbers.ts": "export async function* numbers() { yield { id: 1 }; }",
    "pipelines/p.ts": `import { pipeline } from "millrace";
import { memoryDestination } from "@millrace/core/testing";
import { z } from "zod";
import { numbers } from "../connectors/numbers.ts";
export default pipeline(z.string().parse("p"), { source: numbers, destination: memoryDestination().table("t") });
`,
  });
  const [listed] = JSON.parse((await project.millrace("list", "--json")).stdout) as { source: string }[];
  expect(listed).toMatchObject({ name: "p", source: "function" });
});

const BROKEN: readonly (readonly [what: string, text: string, says: RegExp])[] = [
  ["a syntax error", "export default {;", /pipelines\/bad\.ts.*syntax error/],
  [
    "TypeScript that cannot be stripped",
    "enum Color { Red }\nexport default Color;",
    /pipelines\/bad\.ts[^]*enums, namespaces/,
  ],
  [
    "no default export",
    "export const x = 1;",
    /pipelines\/bad\.ts: has no default export[^]*export default pipeline/,
  ],
  [
    "something else as its default export",
    "export default { name: 1 };",
    /pipelines\/bad\.ts: the default export is not/,
  ],
  ["a throw on line 2", "\nthrow new Error('boom');", /pipelines\/bad\.ts:2: boom/],
  [
    "a missing package",
    'import x from "no-such-package";\nexport default x;',
    /bad\.ts: cannot find "no-such-package"[^]*npm install no-such-package/,
  ],
  [
    "a missing file",
    'import x from "../connectors/nope.ts";\nexport default x;',
    /bad\.ts: cannot find ".*nope\.ts"/,
  ],
  [
    "a name that millrace does not export",
    'import { cvs } from "millrace";\nexport default cvs;',
    /bad\.ts:1: "millrace" exports nothing named "cvs"/,
  ],
  [
    "an unknown option",
    'import { csv } from "millrace";\nexport default\n  csv({ path: "x", delimeter: ";" });',
    /bad\.ts:3: csv\(\) has no option "delimeter"[^]*Did you mean "delimiter"/,
  ],
];

test.each(BROKEN)("a file with %s is named, and hides no other pipeline", async (_what, text, says) => {
  project = await testProject({ "pipelines/bad.ts": text, "pipelines/good.ts": pipelineNamed("good") });
  const { code, stdout, stderr } = await project.millrace("list");
  expect(code).toBe(3);
  expect(stdout).toContain("good");
  expect(stderr).toMatch(says);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test("with --json a broken file is an error document, and --verbose tells the stack on stderr", async () => {
  project = await testProject({ "pipelines/bad.ts": "throw new Error('boom');" });
  const { code, stdout, stderr } = await project.millrace("list", "--json", "--verbose");
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: "MLR_PROJECT_INVALID", details: { file: "pipelines/bad.ts", line: 1 } },
  });
  expect(stderr).toMatch(/\n\s+at /);
});

test("two files with the same name for a pipeline are both named, and neither runs", async () => {
  project = await testProject({
    "pipelines/one.ts": pipelineNamed("same"),
    "pipelines/two.ts": pipelineNamed("same"),
  });
  for (const args of [["list"], ["run", "same"]]) {
    const { code, stderr } = await project.millrace(...args);
    expect(code).toBe(3);
    expect(stderr).toContain('pipelines/one.ts and pipelines/two.ts have the same name "same"');
  }
});

test("a pipeline that does not exist is answered with the nearest name", async () => {
  project = await testProject({ "pipelines/quakes.ts": pipelineNamed("quakes") });
  const { code, stdout } = await project.millrace("run", "quake", "--json");
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: "MLR_PIPELINE_NOT_FOUND",
      message: 'There is no pipeline "quake"',
      hint: 'Did you mean "quakes"?',
      details: { pipeline: "quake" },
    },
  });
});

test("what a pipeline's file prints stays out of the JSON", async () => {
  project = await testProject({
    "pipelines/loud.ts": `console.log("hello from the file");\nprocess.stdout.write("and again\\n");\n${pipelineNamed("loud")}`,
  });
  const { stdout, stderr } = await project.millrace("list", "--json");
  expect(JSON.parse(stdout)).toHaveLength(1);
  expect(stderr).toContain("hello from the file");
  expect(stderr).toContain("and again");
});

test("the configuration is checked, and .env is there when files are loaded", async () => {
  project = await testProject({
    ".env": "FROM_DOTENV=e",
    "millrace.config.ts": `import { defineConfig } from "millrace";
export default defineConfig({ databaseUrl: process.env["FROM_DOTENV"] === "e" ? "postgres://localhost/x" : "wrong" });
`,
    "pipelines/p.ts": pipelineNamed("p").replace('"p"', "`p${process.env['FROM_DOTENV']}`"),
  });
  expect((await project.millrace("list", "--names")).stdout).toBe("pe\n");
  await project.write("millrace.config.ts", "export default { databaseURL: '' };");
  const { code, stderr } = await project.millrace("list");
  expect(code).toBe(3);
  expect(stderr).toMatch(/millrace\.config\.ts: .*no option "databaseURL"\n +Did you mean "databaseUrl"/);
});

test("--project names the folder to look in", async () => {
  project = await testProject({ "inner/pipelines/p.ts": pipelineNamed("inner") });
  expect((await project.millrace("list", "--names", "--project", "inner")).stdout).toBe("inner\n");
  expect((await project.millrace("-C", "inner", "list", "--names")).stdout).toBe("inner\n");
});
