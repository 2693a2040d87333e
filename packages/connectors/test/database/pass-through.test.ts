import type { EncodableBatch, Message, RunEvent, RunReport, Source } from "@millrace/core";
import { executeRun, pipeline } from "@millrace/core";
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { database, type DatabaseOptions } from "../../src/database/index.ts";
import { postgres } from "../../src/postgres/index.ts";
import { freshDatabase, type FreshDatabase } from "../fresh-database.ts";

let from: FreshDatabase;
let to: FreshDatabase;
let source: pg.Client;
let target: pg.Client;

beforeAll(async () => {
  [from, to] = await Promise.all([freshDatabase(), freshDatabase()]);
  source = new pg.Client(from.url);
  target = new pg.Client(to.url);
  await Promise.all([source.connect(), target.connect()]);
});
beforeEach(async () => {
  await source.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  await target.query(
    "DROP SCHEMA IF EXISTS millrace CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public",
  );
});
afterAll(async () => {
  await Promise.all([source.end(), target.end()]);
  await Promise.all([from.drop(), to.drop()]);
});

let attempt = 0n;

/** A run, and the kinds of messages that carried its rows. */
async function run(
  options: Omit<DatabaseOptions, "from">,
  table: Parameters<ReturnType<typeof postgres>["table"]>[1],
  more: {
    readonly source?: (source: Source) => Source;
    readonly limit?: number;
    readonly attempts?: number;
  } = {},
): Promise<{ report: RunReport; kinds: Set<string>; events: RunEvent[] }> {
  const kinds = new Set<string>();
  const events: RunEvent[] = [];
  const own = database({ from: postgres({ url: from.url }), ...options });
  const read: Source["read"] = async function* (context) {
    for await (const message of own.read(context)) {
      if (message.type === "rows" || message.type === "encoded") kinds.add(message.type);
      yield message;
    }
  };
  const watched: Source = { kind: "database", read };
  const report = await executeRun({
    pipeline: pipeline("copy", {
      source: more.source?.(watched) ?? watched,
      destination: postgres({ url: to.url }).table("copied", table),
      retry: { attempts: more.attempts ?? 1, delayMs: 1 },
      commit: { rows: 1 },
    }),
    environment: { directory: ".", databaseUrl: () => Promise.resolve(to.url) },
    run: randomUUID(),
    attempts: { next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)) },
    observe: (event) => events.push(event),
    ...(more.limit === undefined ? {} : { limit: more.limit }),
  });
  return { report, kinds, events };
}

/** Digests of the rows as the server writes them, in order: few to compare, and to show where they differ. */
async function contents(client: pg.Client, table: string, columns: string): Promise<unknown[]> {
  const { rows } = await client.query(
    `SELECT id / 500 AS part, count(*)::int AS n, md5(string_agg(ROW(${columns})::text, '|' ORDER BY id)) AS digest
     FROM ${table} GROUP BY 1 ORDER BY 1`,
  );
  return rows;
}

const EVERYTHING = `
  id int PRIMARY KEY, a boolean, b smallint, c bigint, d numeric(20,5), e numeric, f real, g double precision, h text,
  i date, j time, k timestamp, l timestamptz, m interval, n uuid, o jsonb, p bytea, q int[], r text[], s numeric[],
  t varchar(20), u char(5), v name, w inet, x oid, y timestamp(3), z varchar[]`;

async function everything(rows: number): Promise<string> {
  await source.query(`CREATE TABLE everything (${EVERYTHING})`);
  await source.query(
    `INSERT INTO everything SELECT n, n % 2 = 0, n, (n % 1000) * 9007199254740993, n / 7.0, n / 13.0, n / 3.0, n / 3.0, repeat('é', n % 50),
       DATE '2026-01-01' + n % 500, TIME '00:00' + n * interval '1.000001 s', TIMESTAMP '2026-01-01' + n * interval '1.000001 h',
       TIMESTAMPTZ '2026-01-01' - n * interval '1.000001 h', n * interval '1 month 2 days 3.5 s', gen_random_uuid(),
       jsonb_build_object('n', n, 'big', 9007199254740993), decode(lpad(to_hex(n), 8, '0'), 'hex'), ARRAY[n, NULL],
       ARRAY['a', NULL, 'b "c"'], ARRAY[n / 7.0], 'v' || n, 'u', 'name', '10.0.0.1', n, now(), ARRAY['x']
     FROM generate_series(1, $1) AS n`,
    [rows],
  );
  await source.query("INSERT INTO everything (id) VALUES (0)");
  return "id, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, NULLIF(concat(u), ''), v::text, NULLIF(concat(w), ''), x::bigint, y, z::text[]";
}

test.each([
  ["append" as const, undefined],
  ["replace" as const, undefined],
  ["replace" as const, []],
])("passes rows of every type through unchanged, mode %s, key %j", async (mode, key) => {
  const columns = await everything(3_000);
  const options = { table: "everything", chunkRows: 700 };
  const { report, kinds } = await run(options, { mode, ...(key === undefined ? {} : { key }) });
  expect(report.error).toBeUndefined();
  expect([...kinds]).toEqual(["encoded"]);
  expect(report.tables["copied"]).toMatchObject({ read: 3_001, inserted: 3_001, rejected: 0, duplicates: 0 });
  const there = columns.replaceAll(/::[a-z]+(\[\])?/g, "").replaceAll(/NULLIF\(concat\((\w)\), ''\)/g, "$1");
  expect(await contents(target, "copied", there)).toEqual(await contents(source, "everything", columns));
  expect(await leftDefaults()).toEqual([]);
});

/** Defaults that writing has left on tables. */
async function leftDefaults(): Promise<unknown[]> {
  const { rows } = await target.query(
    "SELECT table_name FROM information_schema.columns WHERE column_name IN ('_run_id', '_loaded_at') AND column_default IS NOT NULL AND table_schema = 'public'",
  );
  return rows;
}

test("lands the same as rows that are decoded on the way", async () => {
  await everything(500);
  await run({ table: "everything" }, { mode: "append" });
  await target.query("DROP SCHEMA millrace CASCADE; ALTER TABLE copied RENAME TO passed");
  const { kinds, report } = await run({ table: "everything" }, { mode: "append" }, { limit: 1_000_000 });
  expect([...kinds]).toEqual(["rows"]);
  expect(report.tables["copied"]).toMatchObject({ inserted: 501 });
  const { rows } = await target.query(
    "SELECT count(*)::int AS n FROM (SELECT * FROM copied INTERSECT SELECT * FROM passed) AS same",
  );
  expect(rows).toEqual([{ n: 501 }]);
});

test.each([
  ["a column has a wider type", "CREATE TABLE copied (id bigint, name text)"],
  ["the table has a column more", "CREATE TABLE copied (id int, name text, more text DEFAULT 'x')"],
  ["a column may not be null", "CREATE TABLE copied (id int, name text NOT NULL)"],
])("decodes where %s", async (_why, create) => {
  await source.query("CREATE TABLE people (id int PRIMARY KEY, name text, born date)");
  await source.query("INSERT INTO people SELECT n, 'n' || n, '2026-11-22' FROM generate_series(1, 100) AS n");
  await target.query(create);
  const options = { query: "select id, name from people", key: ["id"], stream: "people" };
  const { report, kinds } = await run({ table: "people", columns: ["id", "name"] }, { mode: "append" });
  expect(report.error).toBeUndefined();
  expect([...kinds]).toEqual(["encoded"]);
  expect(report.tables["copied"]).toMatchObject({ inserted: 100 });
  const { rows } = await target.query(
    "SELECT count(*)::int AS n, min(id)::int AS least, max(name) AS most FROM copied",
  );
  expect(rows).toEqual([{ n: 100, least: 1, most: "n99" }]);
  expect((await run(options, { mode: "append" })).kinds.has("encoded")).toBe(false);
});

test("stores dates in a column of another type as what they say, not as their bytes", async () => {
  await source.query("CREATE TABLE dated (id int PRIMARY KEY, day date, doc jsonb, at timestamptz)");
  await source.query(`INSERT INTO dated VALUES (1, '2026-11-22', '{"a": 1}', '2026-11-22 10:00:00+02')`);
  await target.query("CREATE TABLE copied (id int, day text, doc jsonb, at text)");
  await run({ table: "dated" }, { mode: "append" });
  const { rows } = await target.query("SELECT * FROM copied");
  expect(rows).toEqual([{ id: 1, day: "2026-11-22", doc: { a: 1 }, at: "2026-11-22T08:00:00Z" }]);
});

test("goes on in the middle after an interruption, and lands every row once", async () => {
  await source.query("CREATE TABLE numbers (n int PRIMARY KEY, name text)");
  await source.query("INSERT INTO numbers SELECT n, 'n' || n FROM generate_series(1, 5000) AS n");
  for (const mode of ["append", "replace"] as const) {
    await target.query("DROP SCHEMA IF EXISTS millrace CASCADE; DROP TABLE IF EXISTS copied");
    let chunks = 0;
    const breaking = (own: Source): Source => ({
      ...own,
      async *read(context) {
        for await (const message of own.read(context)) {
          yield message;
          if (message.type === "checkpoint" && ++chunks === 2) throw new Error("pulled the plug");
        }
      },
    });
    const options = { table: "numbers", chunkRows: 1_000 };
    const first = await run(options, { mode }, { source: breaking });
    expect(first.report.status).toBe("failed");
    const seen: Message[] = [];
    const watching = (own: Source): Source => ({
      ...own,
      async *read(context) {
        for await (const message of own.read(context)) {
          seen.push(message);
          yield message;
        }
      },
    });
    const second = await run(options, { mode }, { source: watching });
    expect(second.report).toMatchObject({ status: "succeeded", resumed: true });
    const passed = seen.reduce(
      (sum, message) => sum + (message.type === "encoded" ? message.encoded.count : 0),
      0,
    );
    expect(passed).toBeLessThan(5_000);
    const { rows } = await target.query("SELECT count(*)::int AS n, count(DISTINCT n)::int AS d FROM copied");
    expect(rows).toEqual([{ n: 5_000, d: 5_000 }]);
    expect(second.report.tables["copied"]).toMatchObject({ inserted: 5_000 });
  }
});

test.each(["append", "replace", "merge"] as const)(
  "goes on by itself where the source's server ends the connection, mode %s",
  async (mode) => {
    await source.query("CREATE TABLE numbers (n int PRIMARY KEY, body text)");
    await source.query("INSERT INTO numbers SELECT n, repeat('x', 2000) FROM generate_series(1, 4000) AS n");
    let ended = false;
    const ending = (own: Source): Source => ({
      ...own,
      async *read(context) {
        for await (const message of own.read(context)) {
          yield message;
          if (message.type !== "checkpoint" || ended) continue;
          ended = true;
          await source.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'millrace' AND datname = current_database()",
          );
        }
      },
    });
    const { report, events } = await run(
      { table: "numbers", chunkRows: 1_000 },
      { mode, key: ["n"] },
      { source: ending, attempts: 5 },
    );
    expect(report.error).toBeUndefined();
    expect(events.some(({ type }) => type === "retrying")).toBe(true);
    expect(report.tables["copied"]).toMatchObject({ inserted: 4_000, updated: 0, removed: 0 });
    const { rows } = await target.query("SELECT count(*)::int AS n, count(DISTINCT n)::int AS d FROM copied");
    expect(rows).toEqual([{ n: 4_000, d: 4_000 }]);
  },
);

test("replaces what a second reading no longer holds", async () => {
  await source.query("CREATE TABLE numbers (n int PRIMARY KEY)");
  await source.query("INSERT INTO numbers SELECT n FROM generate_series(1, 100) AS n");
  await run({ table: "numbers" }, { mode: "replace" });
  await source.query("DELETE FROM numbers WHERE n > 40");
  const { report } = await run({ table: "numbers" }, { mode: "replace" });
  expect(report.tables["copied"]).toMatchObject({ inserted: 40, removed: 100 });
  expect((await target.query("SELECT count(*)::int AS n FROM copied")).rows).toEqual([{ n: 40 }]);
});

test("is read row by row where the table compares rows, and where a type has no binary form of its own", async () => {
  await source.query("CREATE TABLE loose (id int PRIMARY KEY, doc json)");
  await source.query(`INSERT INTO loose VALUES (1, '{"a": 1, "a": 2}')`);
  expect([...(await run({ table: "loose" }, { mode: "merge", key: ["id"] })).kinds]).toEqual(["rows"]);
  await target.query("DROP SCHEMA millrace CASCADE; DROP TABLE copied, copied__history");
  const { kinds, report } = await run({ table: "loose" }, { mode: "append" });
  expect(report.error).toBeUndefined();
  expect([...kinds]).toEqual(["rows"]);
  expect((await target.query("SELECT doc FROM copied")).rows).toEqual([{ doc: { a: 2 } }]);
});

test("takes a table without rows, and rows larger than a chunk", async () => {
  await source.query("CREATE TABLE big (id int PRIMARY KEY, body text)");
  expect((await run({ table: "big" }, { mode: "append" })).report).toMatchObject({ status: "succeeded" });
  await source.query("ALTER TABLE big ALTER body SET STORAGE EXTERNAL");
  await source.query(
    "INSERT INTO big SELECT n, repeat(chr(64 + n), 3000000) FROM generate_series(1, 5) AS n",
  );
  const { report } = await run({ table: "big" }, { mode: "append" });
  expect(report.tables["copied"]).toMatchObject({ inserted: 5 });
  const { rows } = await target.query("SELECT sum(length(body))::int AS n FROM copied");
  expect(rows).toEqual([{ n: 15_000_000 }]);
});

test("tells the statements that it ran, and fails with the server's words", async () => {
  await source.query("CREATE TABLE numbers (n int PRIMARY KEY)");
  await source.query("INSERT INTO numbers VALUES (1), (2)");
  const { events } = await run({ table: "numbers" }, { mode: "append" });
  const statements = events.flatMap((event) => (event.type === "statement" ? [event] : []));
  expect(statements).toMatchObject([
    {
      kind: "postgres",
      operation: "stream",
      rows: 2,
      text: 'SELECT * FROM "numbers" ORDER BY "n" LIMIT 100000',
    },
  ]);
  await target.query("DROP SCHEMA millrace CASCADE; DROP TABLE copied");
  await source.query("CREATE VIEW broken AS SELECT 1 / (n - 2) AS x FROM numbers");
  const { report } = await run({ table: "broken" }, { mode: "append" });
  expect(report.error).toMatchObject({
    code: "MLR_DATABASE_FAILED",
    message: expect.stringContaining("division by zero") as string,
  });
});

/** The destination's side alone: what it does with batches that are encoded. */
test("a session takes encoded rows only where they need nothing done to them", async () => {
  const destination = await postgres({ url: to.url })
    .table("copied")
    .destination({ directory: ".", databaseUrl: () => Promise.resolve(to.url) });
  const session = await destination.open({
    pipeline: "copy",
    attempt: ++attempt + 1_000n,
    run: randomUUID(),
  });
  const columns = [{ name: "id", type: { kind: "integer" as const } }];
  const shape = { format: "postgres-copy-binary", columns };
  await session.define({ name: "copied", columns, key: [], mode: "append" });
  await session.define({ name: "merged", columns, key: ["id"], mode: "merge" });
  expect(await session.takesEncoded?.("copied", shape, [])).toBe(true);
  expect(await session.takesEncoded?.("copied", { ...shape, format: "other" }, [])).toBe(false);
  expect(await session.takesEncoded?.("merged", shape, [])).toBe(false);
  const batch: EncodableBatch = {
    slice: "a",
    sequence: 1,
    rows: [],
    epochs: [],
    encoded: {
      ...shape,
      count: 1,
      chunks: [new Uint8Array([0, 1, 0, 0, 0, 4, 0, 0, 0, 7])],
      decode: () => [{ id: 7 }],
      last: () => ({ id: 7 }),
    },
  };
  await session.write("copied", batch);
  await session.write("copied", { slice: "a", sequence: 2, rows: [{ id: 8 }], epochs: [] });
  await session.write("copied", { ...batch, sequence: 3 });
  const result = await session.commit({
    id: 1n,
    checkpoints: new Map(),
    begun: [],
    completed: [],
    taints: new Map(),
    discarded: [],
    counts: {},
    final: true,
  });
  expect(result.tables["copied"]).toMatchObject({ inserted: 3 });
  expect((await target.query("SELECT id FROM copied ORDER BY id")).rows).toEqual([
    { id: 7 },
    { id: 7 },
    { id: 8 },
  ]);
  await session.close();
  await destination.close();
});
