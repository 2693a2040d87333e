import { randomUUID } from "node:crypto";
import type { EpochCut, Row, Session, TableDefinition } from "@millrace/core";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../../test/fresh-database.ts";
import type { PostgresInternals } from "../internals.ts";
import { PostgresDestination } from "../postgres-destination.ts";

let database: FreshDatabase;
let sql: pg.Client;
let reader: pg.Client;
let attempt = 0n;

beforeAll(async () => {
  database = await freshDatabase();
  sql = new pg.Client(database.url);
  reader = new pg.Client(database.url);
  await sql.connect();
  await reader.connect();
});
afterAll(async () => {
  await sql.end();
  await reader.end();
  await database.drop();
});
beforeEach(async () => {
  await sql.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS millrace CASCADE");
});

const table = (mode: "replace" | "snapshot", more: Partial<TableDefinition> = {}): TableDefinition => ({
  name: "t",
  columns: [
    { name: "id", type: { kind: "integer" } },
    { name: "shop", type: { kind: "text" } },
    { name: "v", type: { kind: "integer" } },
  ],
  key: ["id"],
  mode,
  ...(mode === "snapshot" ? { snapshot: { every: "day", timeZone: "UTC" } } : {}),
  ...more,
});

const rows = (n: number, v: number, shop = "a", from = 0): Row[] =>
  Array.from({ length: n }, (_, i) => ({ id: from + i, shop, v }));

async function open(
  definition: TableDefinition,
  internals: PostgresInternals = {},
  pipeline = "p",
): Promise<Session> {
  const destination = new PostgresDestination(
    { url: database.url, schema: undefined, fingerprintBytes: 0 },
    internals,
  );
  const session = await destination.open({ pipeline, attempt: ++attempt, run: randomUUID() });
  await session.define(definition);
  return session;
}

let sequence = 0;
let epochs = 0;
const NOTHING = {
  checkpoints: new Map(),
  begun: [],
  completed: [],
  taints: new Map(),
  discarded: [],
  counts: {},
  final: false,
};

function epoch(scope?: { shop: string }, id = `e${++epochs}`): EpochCut {
  const where = scope === undefined ? {} : { scope, where: scope };
  return { id, stream: "t", table: "t", taints: [], snapshot: "2026-11-22", ...where };
}

function write(session: Session, batch: readonly Row[], of: EpochCut): Promise<void> {
  return session.write("t", { slice: "s", sequence: ++sequence, rows: batch, epochs: [of.id] });
}

/** One whole reading in one commit. */
async function read(
  batch: readonly Row[],
  definition: TableDefinition,
  more: {
    scope?: { shop: string };
    internals?: PostgresInternals;
    taints?: string[];
    snapshot?: string;
    pipeline?: string;
  } = {},
): Promise<Record<string, number>> {
  const session = await open(definition, more.internals, more.pipeline);
  const of = epoch(more.scope);
  if (batch.length > 0) await write(session, batch, of);
  const result = await session.commit({
    ...NOTHING,
    id: session.recovered.lastCommit + 1n,
    begun: [of],
    completed: [{ ...of, taints: more.taints ?? [], snapshot: more.snapshot ?? "2026-11-22" }],
    final: true,
  });
  await session.close();
  return Object.fromEntries(Object.entries(result.tables["t"] ?? {}).filter(([, n]) => n !== 0));
}

const summary = "SELECT count(*)::int AS n, min(v) AS v, max(v) AS most FROM t";

test("replace shows the new rows in place of the old ones, and keeps grants, views, comments and the reader's rights", async () => {
  expect(await read(rows(5_000, 1), table("replace"))).toEqual({ inserted: 5_000 });
  const role = `reader_${database.name}`;
  await sql.query(`CREATE ROLE ${role}; GRANT USAGE ON SCHEMA public TO ${role}; GRANT SELECT ON t TO ${role};
    COMMENT ON TABLE t IS 'mine'; CREATE VIEW best AS SELECT * FROM t WHERE id < 10; CREATE INDEX t_v ON t (v)`);
  expect(await read(rows(4_000, 2), table("replace"))).toEqual({ inserted: 4_000, removed: 5_000 });
  expect((await sql.query(summary)).rows).toEqual([{ n: 4_000, v: 2, most: 2 }]);
  expect((await sql.query("SELECT count(*)::int AS n, max(v) AS v FROM best")).rows).toEqual([
    { n: 10, v: 2 },
  ]);
  expect((await sql.query("SELECT obj_description('t'::regclass) AS comment")).rows).toEqual([
    { comment: "mine" },
  ]);
  await sql.query(`SET ROLE ${role}`);
  expect((await sql.query("SELECT count(*)::int AS n FROM t")).rows).toEqual([{ n: 4_000 }]);
  await sql.query(`RESET ROLE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

test("replace never shows an empty table, whatever snapshot a reader has", async () => {
  await read(rows(3_000, 1), table("replace"));
  // A reader has a snapshot and has not looked at the table.
  await reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
  await read(rows(2_000, 2), table("replace"));
  await read(rows(1_000, 3), table("replace"));
  expect((await sql.query(summary)).rows).toEqual([{ n: 1_000, v: 3, most: 3 }]);
  expect((await reader.query(summary)).rows).toEqual([{ n: 3_000, v: 1, most: 1 }]);
  await reader.query("COMMIT");
  // Once nobody can see them any more, the partitions of before are dropped.
  await read(rows(1_000, 4), table("replace"));
  const { rows: left } = await sql.query(
    "SELECT count(*)::int AS n FROM pg_inherits WHERE inhparent = 't'::regclass",
  );
  expect(left).toEqual([{ n: 1 }]);
});

test("replace waits for who is in the middle of reading, and lets others read meanwhile", async () => {
  await read(rows(3_000, 1), table("replace"));
  await reader.query("BEGIN; DECLARE c CURSOR FOR SELECT id FROM t; FETCH 1 FROM c");
  const replacing = read(rows(2_000, 2), table("replace"));
  const waits =
    "SELECT FROM pg_stat_activity WHERE application_name LIKE 'millrace p %' AND wait_event_type = 'Lock'";
  await vi.waitUntil(async () => (await sql.query(waits)).rowCount !== 0, { timeout: 20_000, interval: 1 });
  expect((await sql.query(summary)).rows).toEqual([{ n: 3_000, v: 1, most: 1 }]);
  expect((await reader.query("FETCH ALL FROM c")).rowCount).toBe(2_999);
  await reader.query("COMMIT");
  await replacing;
  expect((await sql.query(summary)).rows).toEqual([{ n: 2_000, v: 2, most: 2 }]);
});

test("a reader that looks all the time while the table is replaced always sees one whole reading", async () => {
  await read(rows(2_000, 0), table("replace"));
  let looking = true;
  const seen = new Set<string>();
  const looks = (async () => {
    while (looking) {
      const { rows: found } = await reader.query(summary);
      seen.add(JSON.stringify(found[0]));
    }
  })();
  for (let v = 1; v <= 5; v++) await read(rows(2_000, v), table("replace"));
  looking = false;
  await looks;
  const whole = [0, 1, 2, 3, 4, 5].map((v) => JSON.stringify({ n: 2_000, v, most: v }));
  expect([...seen].filter((each) => !whole.includes(each))).toEqual([]);
});

test.each(["replace", "snapshot"] as const)(
  "%s collects over commits and attempts, and shows nothing before the end",
  async (mode) => {
    await read(rows(10, 1), table(mode));
    let session = await open(table(mode));
    const of = epoch();
    await write(session, rows(3_000, 2), of);
    await session.commit({ ...NOTHING, id: 2n, begun: [of] });
    await session.close();
    expect((await sql.query(summary)).rows).toEqual([{ n: 10, v: 1, most: 1 }]);
    session = await open(table(mode));
    expect(session.recovered.openEpochs.map(({ id }) => id)).toEqual([of.id]);
    const wider = {
      ...table(mode),
      columns: [...table(mode).columns, { name: "w", type: { kind: "text" as const } }],
    };
    await session.define(wider);
    // The last row of a key wins over commits as well.
    await write(
      session,
      [
        { id: 1, shop: "b", v: 3, w: "x" },
        { id: 9_000, shop: "b", v: 3, w: "y" },
      ],
      of,
    );
    const result = await session.commit({ ...NOTHING, id: 3n, completed: [of], final: true });
    await session.close();
    expect(result.tables["t"]).toMatchObject({ inserted: 1, updated: 1, removed: 10 });
    expect((await sql.query(summary)).rows).toEqual([{ n: 3_001, v: 2, most: 3 }]);
    expect((await sql.query("SELECT id, v, w FROM t WHERE w IS NOT NULL ORDER BY id")).rows).toEqual([
      { id: 1, v: 3, w: "x" },
      { id: 9_000, v: 3, w: "y" },
    ]);
    expect((await sql.query("SELECT count(*)::int AS n FROM millrace.epochs")).rows).toEqual([{ n: 0 }]);
  },
);

test.each(["replace", "snapshot"] as const)(
  "%s withholds a reading that is tainted, and forgets one that is given up",
  async (mode) => {
    await read(rows(10, 1), table(mode));
    expect(await read(rows(20, 2), table(mode), { taints: ["limited"] })).toEqual({
      inserted: 20,
      removed: 20,
    });
    let session = await open(table(mode));
    const of = epoch();
    await write(session, rows(30, 3), of);
    await session.commit({ ...NOTHING, id: 3n, begun: [of] });
    await session.close();
    session = await open(table(mode));
    const result = await session.commit({ ...NOTHING, id: 4n, discarded: [of.id], final: true });
    await session.close();
    expect(result.tables["t"]).toMatchObject({ removed: 30 });
    expect((await sql.query(summary)).rows).toEqual([{ n: 10, v: 1, most: 1 }]);
    const left =
      "SELECT count(*)::int AS n FROM pg_class WHERE relnamespace = 'millrace'::regnamespace AND relkind = 'r' AND relname LIKE 't\\_\\_%' AND NOT relispartition";
    expect((await sql.query(left)).rows).toEqual([{ n: 0 }]);
  },
);

test("replace of a scope leaves the other rows, and several readings of one run come one after another", async () => {
  await read([...rows(100, 1, "a"), ...rows(100, 1, "b", 100)], table("replace"));
  expect(await read(rows(50, 2, "b", 100), table("replace"), { scope: { shop: "b" } })).toEqual({
    inserted: 50,
    removed: 100,
  });
  const session = await open(table("replace"));
  for (const v of [3, 4]) {
    const of = epoch({ shop: "a" });
    await write(session, rows(10, v, "a"), of);
    await session.commit({ ...NOTHING, id: v === 3 ? 3n : 4n, begun: [of], completed: [of] });
  }
  await session.close();
  const { rows: found } = await sql.query(
    "SELECT shop, v, count(*)::int AS n FROM t GROUP BY 1, 2 ORDER BY 1, 2",
  );
  expect(found).toEqual([
    { shop: "a", v: 4, n: 10 },
    { shop: "b", v: 2, n: 50 },
  ]);
});

test("replace copes with a column and an index that somebody else added to the table", async () => {
  await read(rows(10, 1), table("replace"));
  await sql.query("ALTER TABLE t ADD COLUMN note text DEFAULT 'none'; CREATE INDEX ON t (note)");
  expect(await read(rows(20, 2), table("replace"))).toEqual({ inserted: 20, removed: 10 });
  expect((await sql.query("SELECT count(*)::int AS n FROM t WHERE note = 'none' AND v = 2")).rows).toEqual([
    { n: 20 },
  ]);
});

test("replace without a key keeps every row, also equal ones", async () => {
  const keyless = table("replace", { key: [] });
  expect(await read([...rows(5, 1), ...rows(5, 1)], keyless)).toEqual({ inserted: 10 });
  expect(await read(rows(3, 2), keyless)).toEqual({ inserted: 3, removed: 10 });
  expect(await read([], keyless)).toEqual({ removed: 3 });
});

const HOURLY: TableDefinition = table("snapshot", { snapshot: { every: "hour", timeZone: "Europe/Berlin" } });

test("snapshot keeps the rows of a scope where the column is an instant as well as where it is a date", async () => {
  const take = (n: number, v: number, snapshot: string): Promise<Record<string, number>> =>
    read(rows(n, v), HOURLY, { snapshot });
  expect(await take(10, 1, "2026-10-25T00:00:00Z")).toEqual({ inserted: 10 });
  expect(await take(8, 2, "2026-10-25T00:00:00Z")).toEqual({ inserted: 8, removed: 10 });
  expect(await take(9, 3, "2026-10-25T01:00:00Z")).toEqual({ inserted: 9 });
  const { rows: found } = await sql.query(
    "SELECT _snapshot AT TIME ZONE 'UTC' = '2026-10-25 00:00' AS first, v, count(*)::int AS n FROM t GROUP BY _snapshot, v ORDER BY _snapshot",
  );
  expect(found).toEqual([
    { first: true, v: 2, n: 8 },
    { first: false, v: 3, n: 9 },
  ]);
});

test.each([["id"], []])("snapshots are found by an index, with a key and without one", async (...key) => {
  const definition = table("snapshot", { key, snapshot: { every: "day", timeZone: "UTC" } });
  await read(rows(3, 1), definition, { snapshot: "2026-10-25" });
  const { rows: found } = await sql.query(
    "SELECT pg_get_indexdef(indexrelid, 1, false) AS first FROM pg_index WHERE indrelid = 't'::regclass",
  );
  expect(found).toEqual([{ first: "_snapshot" }]);
});

test("a table whose snapshots follow another calendar is refused, one that is to keep fewer is not", async () => {
  const definition = table("snapshot", { snapshot: { every: "day", timeZone: "UTC" } });
  await read(rows(3, 1), definition, { snapshot: "2026-10-24" });
  const berlin = table("snapshot", { snapshot: { every: "day", timeZone: "Europe/Berlin" } });
  await expect(read(rows(3, 1), berlin, { snapshot: "2026-10-25" })).rejects.toMatchObject({
    code: "MLR_SCHEMA_MISMATCH",
    message: expect.stringContaining("it has a snapshot per day in UTC, not per day in Europe/Berlin"),
  });
  const fewer = table("snapshot", { snapshot: { every: "day", timeZone: "UTC", retention: { days: 1 } } });
  expect(await read(rows(2, 2), fewer, { snapshot: "2026-10-25" })).toEqual({ inserted: 2, removed: 3 });
});

test("snapshots of pipelines that share a table are kept, replaced and deleted each by its own", async () => {
  const take = (pipeline: string, n: number, snapshot: string): Promise<Record<string, number>> => {
    const discriminator = { column: "shop", value: pipeline };
    const daily = { every: "day", timeZone: "UTC", retention: { days: 1 } } as const;
    const definition = table("snapshot", { key: ["shop", "id"], discriminator, snapshot: daily });
    return read(rows(n, 1, pipeline), definition, { snapshot, pipeline });
  };
  expect(await take("a", 3, "2026-11-01")).toEqual({ inserted: 3 });
  expect(await take("b", 4, "2026-11-01")).toEqual({ inserted: 4 });
  expect(await take("b", 5, "2026-11-02")).toEqual({ inserted: 5, removed: 4 });
  expect(await take("a", 2, "2026-11-01")).toEqual({ inserted: 2, removed: 3 });
  const { rows: found } = await sql.query(
    "SELECT shop, _snapshot::text AS at, count(*)::int AS n FROM t GROUP BY 1, 2 ORDER BY 1, 2",
  );
  expect(found).toEqual([
    { shop: "a", at: "2026-11-01", n: 2 },
    { shop: "b", at: "2026-11-02", n: 5 },
  ]);
});

test("what an older version recorded of daily snapshots still holds", async () => {
  const definition = table("snapshot", { snapshot: { every: "day", timeZone: "UTC" } });
  await read(rows(3, 1), definition, { snapshot: "2026-10-24" });
  await sql.query(
    `ALTER TABLE millrace.tables DROP COLUMN last_snapshot; DELETE FROM millrace.migrations WHERE version = 2;
     UPDATE millrace.tables SET definition = jsonb_set(definition, '{snapshot}', '"day"')`,
  );
  expect(await read(rows(2, 2), definition, { snapshot: "2026-10-24" })).toEqual({ inserted: 2, removed: 3 });
});
