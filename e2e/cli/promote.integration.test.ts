import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestProject, testProject } from "./cli.ts";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";

let project: TestProject;
let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  project = await testProject({
    "package.json": JSON.stringify({ name: "shop", type: "module", scripts: { test: "node passes.js" } }),
    "passes.js": "console.log('tested');\n",
    "pipelines/none.ts": "export default [];\n",
    "migrations/default/000001_notes.sql": "CREATE TABLE notes (id integer);\n",
    ".env": "MILLRACE_DATABASE_URL=postgres://nobody@127.0.0.1:1/never\n",
    ".env.prod": `MILLRACE_DATABASE_URL=${database.url}\n`,
    "bench/results/append.json": JSON.stringify([{ name: "append", ratio: 1.2, goal: ">= 1.1", met: true }]),
  });
});
afterAll(async () => {
  await project.remove();
  await database.drop();
});

interface Answer {
  readonly promoted?: boolean;
  readonly checks: readonly { readonly name: string; readonly status: string }[];
  readonly error?: { readonly code: string; readonly details: { readonly checks: Answer["checks"] } };
}

async function promote(
  ...args: string[]
): Promise<{ code: number | null; states: string[]; error?: string }> {
  const { code, stdout } = await project.millrace("promote", ...args, "--json");
  const answer = JSON.parse(stdout) as Answer;
  const checks = answer.error?.details.checks ?? answer.checks ?? [];
  const states = checks.map(({ name, status }) => `${name} ${status}`);
  return { code, states, ...(answer.error === undefined ? {} : { error: answer.error.code }) };
}

test("a project whose tests, migrations and figures hold may go on", async () => {
  expect(await promote("prod")).toEqual({ code: 0, states: ["tests ok", "migrations ok", "bench ok"] });
});

test("each that does not hold is told, and it may not", async () => {
  const refused = { code: 1, error: "MLR_PROMOTE_REFUSED" };
  expect(await promote("prod", "--tests", "exit 3")).toMatchObject({
    ...refused,
    states: ["tests failed", "migrations ok", "bench ok"],
  });
  await project.write("released.json", JSON.stringify([{ name: "append", ratio: 1.5 }]));
  expect(await promote("prod", "--baseline", "released.json")).toMatchObject({
    ...refused,
    states: ["tests ok", "migrations ok", "bench failed"],
  });
  expect(await promote("prod", "--baseline", "released.json", "--tolerance", "0.3")).toMatchObject({
    code: 0,
  });
});

test("a migration that was edited after it was applied in the environment is against it", async () => {
  const { code } = await project.millrace("migrate", "run", "--project", project.root);
  expect(code).not.toBe(0);
  const applied = await testProject(
    {
      "pipelines/none.ts": "export default [];\n",
      "migrations/default/000001_notes.sql": "CREATE TABLE notes (id bigint);\n",
    },
    { MILLRACE_DATABASE_URL: database.url },
  );
  try {
    expect((await applied.millrace("migrate", "run")).code).toBe(0);
  } finally {
    await applied.remove();
  }
  expect(await promote("prod")).toMatchObject({
    error: "MLR_PROMOTE_REFUSED",
    states: ["tests ok", "migrations failed", "bench ok"],
  });
});

test("an environment of which nothing is known is refused, with what is missing", async () => {
  expect(await promote("nowhere")).toMatchObject({ code: 3, error: "MLR_SETTINGS_INVALID" });
});
