import { randomUUID } from "node:crypto";
import { compileRowHasher, type SchemaChange, type Session, type TableDefinition } from "@millrace/core";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../../test/fresh-database.ts";
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
  await sql.query(
    "DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS millrace CASCADE; DROP SCHEMA IF EXISTS raw CASCADE",
  );
});

const TABLE: TableDefinition = {
  name: "t",
  columns: [
    { name: "id", type: { kind: "integer" } },
    { name: "v", type: { kind: "text" } },
  ],
  key: ["id"],
  mode: "merge",
};

function open(pipeline = "p", schema?: string): Promise<Session> {
  const destination = new PostgresDestination({ url: database.url, schema, fingerprintBytes: 0 });
  return destination.open({ pipeline, attempt: ++attempt, run: randomUUID() });
}

/** Defines the table and commits a row, if there is one. */
async function define(
  table: TableDefinition,
  options: { pipeline?: string; row?: Record<string, unknown> } = {},
): Promise<readonly SchemaChange[]> {
  const session = await open(options.pipeline);
  try {
    const changes = await session.define(table);
    const { row } = options;
    if (row !== undefined)
      await session.write(table.name, {
        slice: "s",
        sequence: 1,
        rows: [row],
        hashes: [compileRowHasher(table.columns)(row)],
        epochs: [],
      });
    await session.commit({
      id: session.recovered.lastCommit + 1n,
      checkpoints: new Map(),
      begun: [],
      completed: [],
      taints: new Map(),
      discarded: [],
      counts: {},
      final: true,
    });
    return changes;
  } finally {
    await session.close();
  }
}

test("defining the same table again, by another session, changes and writes nothing", async () => {
  expect((await define(TABLE)).map(({ kind }) => kind)).toEqual(["create-table", "create-history"]);
  const record = "SELECT xmin, definition FROM millrace.tables";
  const before = (await sql.query(record)).rows;
  expect(await define(TABLE)).toEqual([]);
  expect((await sql.query(record)).rows).toEqual(before);
});

test("a table in a database schema that does not exist is created with it", async () => {
  await define({ ...TABLE, namespace: "raw" }, { row: { id: 1, v: "a" } });
  expect((await sql.query("SELECT v FROM raw.t")).rows).toEqual([{ v: "a" }]);
  const session = await open("q", "raw");
  expect((await session.existing({ name: "t" }))?.namespace).toBe("raw");
  expect(await session.existing({ name: "t", namespace: "public" })).toBeUndefined();
  await session.close();
});

test("an empty table that fits is adopted, and gets the columns of its mode and its history", async () => {
  await sql.query("CREATE TABLE t (id integer PRIMARY KEY, v text, note text DEFAULT 'x')");
  const changes = await define(TABLE, { row: { id: 1, v: "a" } });
  expect(changes.map(({ kind, column }) => [kind, column])).toEqual([
    ["add-column", "_row_hash"],
    ["add-column", "_run_id"],
    ["add-column", "_loaded_at"],
    ["create-history", undefined],
  ]);
  expect((await sql.query("SELECT id, v, note FROM t")).rows).toEqual([{ id: 1, v: "a", note: "x" }]);
});

test.each([
  [
    "holds rows of others",
    "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')",
    "holds rows",
  ],
  ["has another key", "CREATE TABLE t (id integer, v text PRIMARY KEY)", "exactly (id)"],
  ["is a view", "CREATE VIEW t AS SELECT 1 AS id, 'a' AS v", "is a view"],
  [
    "needs a column that is not written",
    "CREATE TABLE t (id integer PRIMARY KEY, v text, w text NOT NULL)",
    '"w" is NOT NULL',
  ],
])("a table that %s is refused, saying what does not fit", async (_name, statement, message) => {
  await sql.query(statement);
  await expect(define(TABLE)).rejects.toMatchObject({
    code: "MLR_SCHEMA_MISMATCH",
    message: expect.stringContaining(message),
  });
});

test("a column of a type that Millrace does not write is refused by name", async () => {
  await sql.query("CREATE TABLE t (id integer PRIMARY KEY, v money)");
  await expect(define(TABLE)).rejects.toMatchObject({
    code: "MLR_SCHEMA_MISMATCH",
    message: expect.stringContaining('column "v"'),
  });
});

test("a table that Millrace wrote is taken up again when its state was lost", async () => {
  await define(TABLE, { row: { id: 1, v: "a" } });
  await sql.query("DROP SCHEMA millrace CASCADE");
  const session = await open();
  expect((await session.existing({ name: "t" }))?.columns.map(({ name }) => name)).toEqual(["id", "v"]);
  await session.close();
  expect(await define(TABLE, { row: { id: 1, v: "b" } })).toEqual([]);
  expect((await sql.query("SELECT v FROM t__history")).rows).toEqual([{ v: "a" }]);
});

test("mode and key of a table that is written cannot change", async () => {
  await define(TABLE);
  await expect(define({ ...TABLE, mode: "upsert" })).rejects.toMatchObject({ code: "MLR_SCHEMA_MISMATCH" });
  await expect(define({ ...TABLE, key: ["v"] })).rejects.toMatchObject({ code: "MLR_SCHEMA_MISMATCH" });
});

test("two pipelines that create the same table at once: one gets it, the other hears who owns it", async () => {
  const sessions = [await open("one"), await open("two")];
  const cut = {
    id: 1n,
    checkpoints: new Map(),
    begun: [],
    completed: [],
    taints: new Map(),
    discarded: [],
    counts: {},
    final: true,
  };
  for (const session of sessions) await session.define(TABLE);
  const outcomes = await Promise.allSettled(sessions.map((session) => session.commit(cut)));
  for (const session of sessions) await session.close();
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const winner = outcomes[0]?.status === "fulfilled" ? "one" : "two";
  const loser = winner === "one" ? "two" : "one";
  expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { retry: "later" } });
  await expect(define(TABLE, { pipeline: loser })).rejects.toMatchObject({
    code: "MLR_TABLE_OWNED",
    details: { owner: winner },
  });
});

test("sharing a table needs a discriminator of both, and rows of one's own value", async () => {
  const shared = (value: string): TableDefinition => ({
    ...TABLE,
    columns: [...TABLE.columns, { name: "site", type: { kind: "text" } }],
    key: ["site", "id"],
    discriminator: { column: "site", value },
  });
  await define(shared("a"), { pipeline: "a", row: { id: 1, v: "x", site: "a" } });
  await define(shared("b"), { pipeline: "b", row: { id: 1, v: "x", site: "b" } });
  await expect(define(shared("a"), { pipeline: "c" })).rejects.toMatchObject({ code: "MLR_TABLE_OWNED" });
  const { discriminator: _, ...whole } = shared("c");
  await expect(define(whole, { pipeline: "c" })).rejects.toMatchObject({ code: "MLR_TABLE_OWNED" });
  await expect(
    define(shared("b"), { pipeline: "b", row: { id: 2, v: "x", site: "a" } }),
  ).rejects.toMatchObject({ code: "MLR_ROW_INVALID" });
  expect((await sql.query("SELECT site, id FROM t ORDER BY site")).rows).toEqual([
    { site: "a", id: 1 },
    { site: "b", id: 1 },
  ]);
});

test.each([
  [{ ...TABLE, key: [] }, "needs a key"],
  [{ ...TABLE, key: ["nope"] }, 'no column "nope"'],
  [{ ...TABLE, columns: [{ name: "id", type: { kind: "interval" } }] }, "cannot be in a key"],
  [{ ...TABLE, columns: [...TABLE.columns, { name: "_run_id", type: { kind: "uuid" } }] }, "of its own"],
  [{ ...TABLE, namespace: "millrace" }, "for the state"],
  [{ ...TABLE, discriminator: { column: "v", value: "a" } }, "not in the key"],
] as const)("a definition that no table could have is refused: %#", async (definition, message) => {
  await expect(define(definition as TableDefinition)).rejects.toMatchObject({
    code: "MLR_SCHEMA_INVALID",
    message: expect.stringContaining(message),
  });
});

test("hostile names of tables and columns are only names", async () => {
  const name = `we"ird; DROP TABLE x; -- 'é`;
  const hostile: TableDefinition = {
    name,
    columns: [
      { name: 'i"d', type: { kind: "integer" } },
      { name: "select '1' \\", type: { kind: "text" } },
    ],
    key: ['i"d'],
    mode: "merge",
  };
  await define(hostile, { row: { 'i"d': 1, "select '1' \\": "a" } });
  await define(hostile, { row: { 'i"d': 1, "select '1' \\": "b" } });
  const { rows } = await sql.query(`SELECT * FROM "${name.replaceAll('"', '""')}__history"`);
  expect(rows).toMatchObject([{ 'i"d': 1, "select '1' \\": "a", _changed: ["select '1' \\"] }]);
});
