import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type Running, type TestProject, testProject } from "./cli.ts";

/** One day has no data at first, and every partition makes the table grow. */
const PIPELINE = `import { existsSync } from "node:fs";
import { join } from "node:path";
import { pipeline, postgres } from "millrace";
export default [
  pipeline("prices", {
    source: {
      async *read({ partition, checkpoints, directory }) {
        const day = partition?.start?.slice(0, 10) ?? "now";
        if (day === "2026-01-03" && !existsSync(join(directory, "mended"))) throw new Error("no data yet");
        yield { type: "begin", stream: "prices" };
        yield { type: "rows", stream: "prices", slice: "a", rows: [{ id: day, from: checkpoints.get("a") ?? 0, ["c" + day.slice(-1)]: 1 }] };
        yield { type: "checkpoint", slice: "a", state: day };
        yield { type: "complete", stream: "prices" };
      },
    },
    retry: { attempts: 5, delayMs: 20 },
    destination: postgres().table("prices", { key: ["id"], mode: "merge" }),
  }),
  pipeline("whole", {
    source: async function* () { yield { id: 1 }; },
    destination: postgres().table("whole", { mode: "replace" }),
  }),
];
`;

let project: TestProject;
let database: FreshDatabase;
let client: pg.Client;
const started: Running[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  project = await testProject({ "pipelines/all.ts": PIPELINE }, { MILLRACE_DATABASE_URL: database.url });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
});
afterAll(async () => {
  await client.end();
  await project.remove();
  await database.drop();
});

const RANGE = ["--from", "2026-01-01", "--to", "2026-01-06"];

test("a backfill does each partition once beside the pipeline's own state, shows how far it is, and goes on where it was", async () => {
  const planned = await project.millrace("backfill", "prices", ...RANGE, "--dry-run");
  expect(planned.stdout).toMatch(/2026-01-05 .*2026-01-06T00:00:00.000Z .*would be queued/);
  expect((await project.millrace("run", "prices")).code).toBe(0);
  const waiting = await project.millrace("backfill", "prices", ...RANGE, "--parallel", "3", "--no-wait");
  expect(waiting.stderr).toContain("No worker runs");
  expect((await project.millrace("backfill", "cancel", "prices")).stdout).toMatch(/is cancelled/);

  const up = project.start("up");
  started.push(up);
  await up.says("are registered");
  const first = await project.millrace("backfill", "prices", ...RANGE, "--parallel", "3");
  expect(first.stderr).toContain("5 queued");
  expect(first.stdout).toContain("4 of 5 succeeded, 1 failed");
  expect(first.code).toBe(1);
  await project.write("mended", "");
  const second = await project.millrace("backfill", "prices", ...RANGE);
  expect(second.stderr).toContain("1 queued, 4 have succeeded before");
  expect(second.stdout).toContain("5 of 5 succeeded");
  expect(second.code).toBe(0);

  // All is there, nothing was removed by readings of single days, and each began without the checkpoints of others.
  const { rows } = await client.query('SELECT id, "from" FROM prices ORDER BY id');
  expect(rows).toEqual([
    ...["01", "02", "03", "04", "05"].map((day) => ({ id: `2026-01-${day}`, from: 0 })),
    { id: "now", from: 0 },
  ]);
  const columns = await client.query<{ definition: { columns: { name: string }[] } }>(
    "SELECT definition FROM millrace.tables WHERE table_name = 'prices'",
  );
  expect(columns.rows).toHaveLength(1);
  expect(columns.rows[0]?.definition.columns.map(({ name }) => name).toSorted()).toEqual(
    ["c1", "c2", "c3", "c4", "c5", "cw", "from", "id"].toSorted(),
  );
  const status = await project.millrace("backfill", "status", "prices", "--json");
  expect(JSON.parse(status.stdout)).toMatchObject({
    pipeline: "prices",
    over: true,
    counts: { succeeded: 5 },
  });
  expect((await project.millrace("verify", "prices")).code).toBe(0);

  const refused = await project.millrace("backfill", "whole", "--partitions", "a");
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain("mode replace, which is always written as a whole");
}, 180_000);
