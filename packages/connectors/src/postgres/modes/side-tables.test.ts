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
  ...more,
});

const rows = (n: number, v: number, shop = "a", from = 0): Row[] =>
  Array.from({ length: n }, (_, i) => ({ id: from + i, shop, v }));

async function open(definition: TableDefinition, internals: PostgresInternals = {}): Promise<Session> {
  const destination = new PostgresDestination(
    { url: database.url, schema: undefined, fingerprintBytes: 0 },
    internals,
  );
  const session = await destination.open({ pipeline: "p", attempt: ++attempt, run: randomUUID() });
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
  return { id, stream: "t", table: "t", taints: [], ...(scope === undefined ? {} : { scope, where: scope }) };
}

function write(session: Session, batch: readonly Row[], of: EpochCut): Promise<void> {
  return session.write("t", { slice: "s", sequence: ++sequence, rows: batch, epochs: [of.id] });
}

/** One whole reading in one commit. */
async function read(
  batch: readonly Row[],
  definition: TableDefinition,
  more: { scope?: { shop: string }; internals?: PostgresInternals; taints?: string[] } = {},
): Promise<Record<string, number>> {
  const session = await open(definition, more.internals);
  const of = epoch(more.scope);
  if (batch.length > 0) await write(session, batch, of);
  const result = await session.commit({
    ...NOTHING,
    id: session.recovered.lastCommit + 1n,
    begun: [of],
    completed: [{ ...of, taints: more.taints ?? [] }],
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

test.each([
  ["hour", "2026-03-01T10:59:00Z", "2026-03-01T10:00:00.000Z", "2026-03-01T11:00:00Z"],
  ["day", "2026-03-01T23:59:59Z", "2026-03-01", "2026-03-02T00:00:00Z"],
  ["week", "2026-03-01T12:00:00Z", "2026-02-23", "2026-03-02T00:00:00Z"],
  ["month", "2026-02-28T23:59:59Z", "2026-02-01", "2026-03-01T00:00:00Z"],
  ["year", "2026-12-31T23:59:59Z", "2026-01-01", "2027-01-01T00:00:00Z"],
] as const)("snapshot keeps the last reading of each %s", async (snapshot, first, start, next) => {
  const definition = table("snapshot", { snapshot });
  const at = (time: string): { internals: PostgresInternals } => ({
    internals: { now: () => Date.parse(time) },
  });
  expect(await read(rows(10, 1), definition, at(first))).toEqual({ inserted: 10 });
  expect(await read(rows(8, 2), definition, at(first))).toEqual({ inserted: 8, removed: 10 });
  expect(await read(rows(9, 3), definition, at(next))).toEqual({ inserted: 9 });
  const { rows: found } = await sql.query(
    "SELECT to_json(_snapshot AT TIME ZONE 'UTC')#>>'{}' AS at, v, count(*)::int AS n FROM t GROUP BY _snapshot, v ORDER BY _snapshot",
  );
  expect(found.map(({ v, n }) => [v, n])).toEqual([
    [2, 8],
    [3, 9],
  ]);
  const { rows: periods } = await sql.query("SELECT min(_snapshot)::text AS at FROM t");
  expect(new Date(periods[0].at)).toEqual(new Date(start));
});
