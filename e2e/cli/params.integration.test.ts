import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type TestProject, testProject } from "./cli.ts";

const PIPELINE = `import { pipeline, postgres } from "millrace";
import { z } from "zod";
export default pipeline("prices", {
  params: z.object({ day: z.iso.date(), full: z.boolean().default(false), pages: z.number().int().default(1) }),
  source: async function* ({ params }) { yield { day: params.day, full: params.full, pages: params.pages + 1 }; },
  destination: postgres().table("prices", { key: ["day"], mode: "merge" }),
});
`;

let project: TestProject;
let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  project = await testProject({ "pipelines/prices.ts": PIPELINE }, { MILLRACE_DATABASE_URL: database.url });
});
afterAll(async () => {
  await project.remove();
  await database.drop();
});

test("parameters get their types from the schema, and what is wrong is told by name, also before a run is queued", async () => {
  const run = await project.millrace(
    "run",
    "prices",
    "--param",
    "day=2026-01-01",
    "--param",
    "full=true",
    "--param",
    "pages=4",
  );
  expect(run.stderr + run.stdout).toMatch(/succeeded|1 inserted|inserted/);
  expect(run.code).toBe(0);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query('SELECT day::text, "full", pages::int FROM prices');
  expect(rows).toEqual([{ day: "2026-01-01", full: true, pages: 5 }]);
  await client.end();

  const missing = await project.millrace("run", "prices");
  expect(missing.code).not.toBe(0);
  expect(missing.stderr + missing.stdout).toContain('pipeline "prices": parameter "day" is missing');
  const queued = await project.millrace("run", "prices", "--queue", "--param", "day=hunter22");
  expect(queued.code).not.toBe(0);
  expect(queued.stderr).toContain('parameter "day" is wrong: Invalid ISO date');
  expect(queued.stderr).not.toContain("hunter22");

  expect((await project.millrace("list")).stdout).toMatch(/day full pages/);
  const [listed] = JSON.parse((await project.millrace("list", "--json")).stdout) as [
    { paramsSchema: object },
  ];
  expect(listed.paramsSchema).toMatchObject({
    required: ["day"],
    properties: { pages: { type: "integer" } },
  });
}, 60_000);
