import { randomUUID } from "node:crypto";
import {
  checkTable,
  executeRun,
  foreignKey,
  freshness,
  pipeline,
  range,
  schemaDrift,
  sqlCheck,
  unique,
  type ExecuteOptions,
  type PipelineOptions,
  type Row,
  type RunReport,
  type TableOptions,
  type Target,
} from "@millrace/core";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../../test/fresh-database.ts";
import { postgres } from "../index.ts";
import type { PostgresInternals } from "../internals.ts";
import { PostgresDestination } from "../postgres-destination.ts";

let database: FreshDatabase;
let sql: pg.Client;
let attempt = 0n;

beforeAll(async () => {
  database = await freshDatabase();
  sql = new pg.Client(database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  await sql.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS millrace CASCADE");
});

function run(options: PipelineOptions, more: Partial<ExecuteOptions> = {}): Promise<RunReport> {
  return executeRun({
    pipeline: pipeline("shop", options),
    environment: { directory: ".", databaseUrl: () => Promise.resolve(database.url) },
    run: randomUUID(),
    attempts: { next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)) },
    ...more,
  });
}

const fromRows = (rows: readonly Row[]) =>
  function* (): Generator<Row> {
    yield* rows;
  };

const table = (options: Omit<TableOptions, "name"> = { key: ["id"] }): Target =>
  postgres().table("t", options);

/** As `table`, with a seam. */
function watched(options: Omit<TableOptions, "name">, internals: PostgresInternals): Target {
  const target = table(options);
  return {
    ...target,
    destination: async () =>
      new PostgresDestination({ url: database.url, schema: undefined, fingerprintBytes: 2 ** 20 }, internals),
  };
}

const ids = async (): Promise<number[]> =>
  (await sql.query<{ id: number }>("SELECT id FROM t ORDER BY id")).rows.map(({ id }) => id);

test("a rule that fails keeps a commit from landing, with its checkpoints and columns", async () => {
  const quality = [
    sqlCheck("SELECT id, v FROM t WHERE v < 0;", { severity: "fail", name: "not below zero" }),
  ];
  await run({ source: fromRows([{ id: 1, v: 1 }]), destination: table(), quality });
  const report = await run({
    source: fromRows([
      { id: 1, v: -1, more: "x" },
      { id: 2, v: -2 },
    ]),
    destination: table(),
    quality,
  });
  expect(report).toMatchObject({
    status: "failed",
    error: { code: "MLR_QUALITY_FAILED", message: expect.stringContaining('"not below zero" of table "t"') },
    quality: [{ rule: "not below zero", observed: 2, failures: 2, samples: [{ v: -1 }, { v: -2 }] }],
  });
  expect((await sql.query("SELECT * FROM t")).rows).toMatchObject([{ id: 1, v: 1 }]);
  expect((await sql.query("SELECT * FROM t")).fields.map(({ name }) => name)).not.toContain("more");
});

test("rules see rows, updates and removals of the commit that they are part of", async () => {
  const quality = [
    unique("mail", { severity: "fail" }),
    foreignKey("boss", { table: "t", column: "id", severity: "fail" }),
    checkTable("two rows", async ({ count, table: name, brought }) => ({
      passed: (await count()) === 2,
      observed: `${name} ${brought}`,
    })),
  ];
  const first = [
    { id: 1, mail: "a", boss: null },
    { id: 2, mail: "b", boss: 1 },
  ];
  const second = [
    { id: 2, mail: "a", boss: 3 },
    { id: 3, mail: "b", boss: null },
  ];
  for (const rows of [first, second]) {
    const report = await run({
      source: fromRows(rows),
      destination: table({ key: ["id"], maxRemovedShare: 1 }),
      quality,
    });
    expect(report.error).toBeUndefined();
    expect(report.quality?.map(({ status }) => status)).toEqual(["passed", "passed", "passed"]);
    expect(report.quality?.[2]?.observed).toBe("t 2");
  }
});

test("a statement reads only, is one, and finds tables where the pipeline's own are", async () => {
  await sql.query("CREATE TABLE notes (x integer)");
  const refused = [
    "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone",
    "SELECT 1) AS x; COMMIT; SELECT * FROM (SELECT 1",
    "COMMIT",
    "SELECT nextval('s')",
    "SELECT * FROM nowhere",
  ];
  await sql.query("CREATE SEQUENCE s");
  const report = await run({
    source: fromRows([{ id: 1 }]),
    destination: table(),
    quality: [
      ...refused.map((statement, i) => sqlCheck(statement, { name: `refused ${i}` })),
      sqlCheck("SELECT * FROM notes, t -- and a comment"),
    ],
  });
  expect(report.status).toBe("succeeded");
  expect(report.quality?.map(({ status }) => status)).toEqual([...refused.map(() => "skipped"), "passed"]);
  expect(report.quality?.[4]?.reason).toContain('relation "nowhere" does not exist');
  expect(await ids()).toEqual([1]);
});

test("a rule that cannot be judged fails the run where it may stop it", async () => {
  const report = await run({
    source: fromRows([{ id: 1 }]),
    destination: table(),
    quality: [sqlCheck("SELECT * FROM nowhere", { severity: "fail" })],
  });
  expect(report.error).toMatchObject({
    code: "MLR_QUALITY_FAILED",
    message: expect.stringContaining("could not be judged"),
  });
  expect((await sql.query("SELECT to_regclass('public.t') AS t")).rows).toEqual([{ t: null }]);
});

test("the columns of a table that drifts are as they were after the run has failed", async () => {
  const quality = [schemaDrift({ severity: "fail" })];
  await run({ source: fromRows([{ id: 1, v: 1 }]), destination: table(), quality });
  const report = await run({ source: fromRows([{ id: 1, v: "x", w: 1 }]), destination: table(), quality });
  expect(report.error?.code).toBe("MLR_QUALITY_FAILED");
  expect(report.quality?.[0]?.samples).toMatchObject([{ column: "v", to: "text" }, { column: "w" }]);
  const { rows } = await sql.query(
    "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 't' AND column_name NOT LIKE '\\_%' ORDER BY 1",
  );
  expect(rows).toEqual([
    { column_name: "id", data_type: "integer" },
    { column_name: "v", data_type: "integer" },
  ]);
});

test("freshness reads times with and without a zone, and dates", async () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  const clock = { now: () => now, monotonic: () => performance.now(), sleep: () => Promise.resolve() };
  const report = await run(
    {
      source: fromRows([
        { id: 1, a: "2026-11-22T13:30:00+02:00", b: "2026-11-22T11:30:00", c: "2026-11-22" },
      ]),
      destination: table({ key: ["id"], columns: { a: "timestamptz", b: "timestamp", c: "date" } }),
      quality: ["a", "b", "c"].map((column) => freshness(column, { maxAge: "1 hour" })),
    },
    { clock },
  );
  expect(report.quality?.map(({ status, observed }) => [status, observed])).toEqual([
    ["passed", "2026-11-22T11:30:00.000Z"],
    ["passed", "2026-11-22T11:30:00.000Z"],
    ["failed", "2026-11-22T00:00:00.000Z"],
  ]);
});

test("readers of a table that is replaced see the old rows while rules look at the new", async () => {
  const destination = table({ mode: "replace" });
  await run({ source: fromRows([{ id: 1 }]), destination });
  const seen: unknown[] = [];
  const quality = [
    checkTable("looks", async ({ count }) => {
      await sql.query("SET lock_timeout = '2s'");
      const rows = await count();
      seen.push(rows, await ids());
      return true;
    }),
    unique("id", { severity: "fail" }),
  ];
  const report = await run({ source: fromRows([{ id: 7 }, { id: 8 }]), destination, quality });
  expect(report.quality?.map(({ status }) => status)).toEqual(["passed", "passed"]);
  expect(seen).toEqual([2, [1]]);
  expect(await ids()).toEqual([7, 8]);
  const refused = await run({ source: fromRows([{ id: 9 }, { id: 9 }]), destination, quality });
  expect(refused.error?.code).toBe("MLR_QUALITY_FAILED");
  expect(await ids()).toEqual([7, 8]);
});

test("SQL sees a table that is replaced as it will be", async () => {
  const destination = table({ mode: "replace" });
  const quality = [sqlCheck("SELECT * FROM public.t WHERE id < 5", { severity: "fail" })];
  expect((await run({ source: fromRows([{ id: 7 }]), destination, quality })).status).toBe("succeeded");
  const refused = await run({ source: fromRows([{ id: 1 }, { id: 8 }]), destination, quality });
  expect(refused.quality).toMatchObject([{ failures: 1, samples: [{ id: 1 }] }]);
  expect(await ids()).toEqual([7]);
});

test("a connection that is lost between the check and the commit is tried again, and judged again", async () => {
  let cuts = 0;
  const destination = watched(
    { key: ["id"] },
    {
      onStep: async (step) => {
        if (step !== "before-commit" || cuts++ > 0) return;
        await sql.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'millrace shop%' AND datname = current_database()",
        );
      },
    },
  );
  const report = await run({
    source: fromRows([
      { id: 1, v: -1 },
      { id: 2, v: 1 },
    ]),
    destination,
    retry: { delayMs: 0 },
    quality: [range("v", { min: 0 }), unique("v", { severity: "fail" })],
  });
  expect(report).toMatchObject({
    status: "succeeded",
    quality: [
      { status: "failed", checked: 2, failures: 1 },
      { status: "passed", observed: 0 },
    ],
  });
  expect(cuts).toBe(2);
  expect(await ids()).toEqual([1, 2]);
});

test("results of a commit whose outcome was unknown are told once it is known to have landed", async () => {
  let cuts = 0;
  const destination = watched(
    { key: ["id"] },
    {
      onStep: (step) => {
        if (step === "after-commit" && cuts++ === 0) throw new Error("the answer was lost");
      },
    },
  );
  const report = await run({
    source: fromRows([{ id: 1, v: -1 }]),
    destination,
    quality: [range("v", { min: 0 })],
  });
  expect(report).toMatchObject({ status: "succeeded", quality: [{ checked: 1, failures: 1 }] });
});

test("tables that several pipelines share are judged by the pipeline's own rows", async () => {
  const shared = (value: string): Target =>
    table({ key: ["shop", "id"], discriminator: { column: "shop", value } });
  const quality = [unique("mail", { severity: "fail" })];
  const rows = [{ id: 1, mail: "a" }];
  expect((await run({ source: fromRows(rows), destination: shared("north"), quality })).status).toBe(
    "succeeded",
  );
  const other = await executeRun({
    pipeline: pipeline("other", { source: fromRows(rows), destination: shared("south"), quality }),
    environment: { directory: ".", databaseUrl: () => Promise.resolve(database.url) },
    run: randomUUID(),
    attempts: { next: () => Promise.resolve((attempt += 1n)) },
  });
  expect(other.status).toBe("succeeded");
});
