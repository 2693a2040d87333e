import { existsSync, readdirSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

// The parser imports JSON as bundlers let it, without saying so to Node.
const hooks = registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context),
});
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } =
  await import("@actions/workflow-parser");
hooks.deregister();

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const FOLDER = join(ROOT, ".github/workflows");
const files = readdirSync(FOLDER);

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly Step[]; readonly "timeout-minutes"?: number }>
  >;
}

const read = (file: string): string => readFileSync(join(FOLDER, file), "utf8");
const workflows = files.map((file) => [file, parse(read(file)) as Workflow] as const);
const stepsOf = (workflow: Workflow): Step[] => Object.values(workflow.jobs).flatMap(({ steps }) => steps);

/** What GitHub would say of a workflow before it runs it. */
async function problems(name: string, content: string): Promise<readonly string[]> {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map((error) => error.message);
}

test("there is a workflow for each purpose", () => {
  expect(files.toSorted()).toEqual(
    "analysis.yml bench.yml check.yml image.yml integration.yml promote.yml".split(" "),
  );
});

describe.each(workflows)("%s", (file, workflow) => {
  test("GitHub understands it, with its expressions", async () => {
    expect(await problems(file, read(file))).toEqual([]);
  });

  test("it may do no more than it says, ends by itself, and runs nothing of strangers with rights", () => {
    expect(workflow.permissions?.["contents"]).toBe("read");
    expect(workflow.on).not.toHaveProperty("pull_request_target");
    for (const [name, job] of Object.entries(workflow.jobs))
      expect(job["timeout-minutes"], name).toBeGreaterThan(0);
  });

  test("each action has a version: a commit, or a release", () => {
    const used = stepsOf(workflow).flatMap(({ uses }) => (uses === undefined ? [] : [uses]));
    for (const each of used)
      expect(each).toMatch(/^[\w-]+\/[\w-]+(\/[\w-]+)?@([0-9a-f]{40}|v\d+(\.\d+)*|\d+\.\d+\.\d+)$/);
    for (const each of used) expect(each).not.toMatch(/@(main|master|latest)$/);
  });

  test("no value of a request or an input becomes part of a script", () => {
    for (const { run = "" } of stepsOf(workflow))
      expect(run).not.toMatch(/\$\{\{\s*(inputs|github\.(event|head_ref)|secrets)/);
  });

  test("scripts of npm, targets of make and files that it uses are there", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
    const makefile = readFileSync(join(ROOT, "Makefile"), "utf8");
    const text = stepsOf(workflow)
      .map(({ run = "" }) => run)
      .join("\n");
    for (const [, name = ""] of text.matchAll(/npm run ([\w:-]+)/g))
      expect(Object.keys(scripts)).toContain(name);
    for (const [, name = ""] of text.matchAll(/^make "?([a-z-]+)/gm))
      expect(makefile).toMatch(new RegExp(`^${name}`, "m"));
    for (const [path] of text.matchAll(/\b(?:packages|deploy|\.ci)\/[\w./-]+\w/g))
      expect(existsSync(join(ROOT, path)), path).toBe(true);
  });
});

test("there is a bench for each component that is measured", () => {
  const { jobs } = parse(read("bench.yml")) as {
    jobs: { bench: { strategy: { matrix: { component: string[] } } } };
  };
  const cases = readdirSync(join(ROOT, "bench/cases")).map((name) => name.replace(/\.ts$/, ""));
  for (const component of jobs.bench.strategy.matrix.component) expect(cases).toContain(component);
});

test("the check sees what GitHub would refuse", async () => {
  const bad = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - rnu: ls\n";
  expect((await problems("bad.yml", bad)).join()).toMatch(/rnu/);
  const expression = "on: push\njobs:\n  a:\n    runs-on: ${{ matrx.os }}\n    steps:\n      - run: ls\n";
  expect((await problems("bad.yml", expression)).join()).toMatch(/matrx/);
});
