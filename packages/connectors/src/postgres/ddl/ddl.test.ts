import {
  compileRowHasher,
  formatColumnType,
  parseColumnType,
  type ColumnDefinition,
  type ColumnType,
  type Row,
} from "@millrace/core";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../../test/fresh-database.ts";
import { TYPED_VALUES } from "../../../test/typed-values.ts";
import { CopyDecoder } from "../codec/copy-decoder.ts";
import { compileCopyEncoder } from "../codec/copy-encoder.ts";
import { quoteTable } from "../quote.ts";
import { addColumn, dropNotNull, widenColumn } from "./alter-table.ts";
import { createHistory, createTable, type PlacedTable } from "./create-table.ts";
import { introspect } from "./introspect.ts";

let database: FreshDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  await client.query(
    "SET datestyle TO 'SQL, DMY'; SET timezone TO 'America/St_Johns'; SET intervalstyle TO 'postgres_verbose'; SET bytea_output TO 'escape'; SET search_path TO ''",
  );
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const WIDENINGS: readonly (readonly [from: string, to: string, ...more: string[]])[] = [
  ["smallint", "integer", "bigint", "numeric", "numeric(10,2)", "double", "text", "json"],
  ["integer", "bigint", "numeric", "numeric(12,2)", "double", "text", "json"],
  ["bigint", "numeric", "numeric(24,4)", "text", "json"],
  ["numeric", "text", "json"],
  ["real", "double", "numeric", "text", "json"],
  ["double", "numeric", "text", "json"],
  ["boolean", "text", "json"],
  ["date", "timestamp", "text", "json"],
  ["time", "text", "json"],
  ["timestamp", "text", "json"],
  ["timestamptz", "text", "json"],
  ["interval", "text", "json"],
  ["uuid", "text", "json"],
  ["bytea", "text", "json"],
  ["text", "json"],
];

const LOOKS_LIKE_JSON = [
  "1",
  "-1",
  "- 1",
  " true",
  "truely",
  "nullify",
  '"quoted"',
  "[1]",
  "{}",
  "\u00a0{",
  "\ufeff[",
  "tr",
  "",
];

function valuesOf(type: ColumnType): readonly unknown[] {
  const kind = type.kind === "array" ? type.of.kind : type.kind;
  const values = TYPED_VALUES[kind].map(([stored]) => stored);
  return kind === "text" ? [...values, ...LOOKS_LIKE_JSON] : values;
}

async function load(
  table: string,
  columns: readonly ColumnDefinition[],
  rows: readonly Row[],
): Promise<void> {
  const encoder = compileCopyEncoder({ columns });
  for (const row of rows) encoder.append(row);
  const stream = client.query(copyFrom(`COPY ${table} FROM STDIN (FORMAT binary)`));
  await pipeline(Readable.from([encoder.header(), ...encoder.flush(), encoder.trailer()]), stream);
}

async function unload(query: string, columns: readonly ColumnDefinition[]): Promise<Row[]> {
  const decoder = new CopyDecoder(columns);
  const rows: Row[] = [];
  for await (const chunk of client.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`))) {
    rows.push(...decoder.push(chunk as Buffer));
  }
  decoder.end();
  return rows;
}

function columnsOf(type: ColumnType): ColumnDefinition[] {
  return [
    { name: "n", type: { kind: "integer" } },
    { name: "value", type },
  ];
}

describe.each(WIDENINGS.flatMap(([from, ...to]) => to.map((wider) => [from, wider] as const)))(
  "widening %s to %s",
  (fromText, toText) => {
    test("changes no hash but those that it names", async () => {
      const [from, to] = [parseColumnType(fromText), parseColumnType(toText)];
      const table: PlacedTable = {
        namespace: "public",
        name: `${fromText} to ${toText}`,
        columns: columnsOf(from),
        key: [],
        mode: "append",
      };
      await client.query(createTable(table));
      const rows: Row[] = [...valuesOf(from), null].map((value, n) => ({ n, value }));
      await load(quoteTable(table), table.columns, rows);
      const before = rows.map(compileRowHasher(table.columns));
      const widening = widenColumn({ table, column: "value", from, to });
      expect(widening).toBeDefined();
      await client.query(widening?.statement ?? "");
      const back = await unload(`SELECT n, value FROM ${quoteTable(table)} ORDER BY n`, columnsOf(to));
      const after = back.map(compileRowHasher(columnsOf(to)));
      const named = new Set<number>();
      if (widening?.rehash !== undefined) {
        const found = await client.query(`SELECT n FROM ${quoteTable(table)} WHERE ${widening.rehash}`);
        for (const row of found.rows as { n: number }[]) named.add(row.n);
      }
      for (const [n, row] of rows.entries()) {
        if (!named.has(n))
          expect(after[n], `${String(row.value).slice(0, 80)} → ${String(back[n]?.value).slice(0, 80)}`).toBe(
            before[n],
          );
      }
      if (to.kind !== "json") expect(named.size).toBe(0);
      expect((await introspect(client, table))?.columns[1]?.type).toEqual(to);
    });
  },
);

test.each([
  ["smallint[]", "integer[]"],
  ["integer[]", "bigint[]"],
  ["integer[]", "double[]"],
  ["bigint[]", "numeric[]"],
  ["boolean[]", "json"],
  ["bigint[]", "json"],
  ["text[]", "json"],
  ["json[]", "json"],
])("widening %s to %s changes no hash", async (fromText, toText) => {
  const [from, to] = [parseColumnType(fromText), parseColumnType(toText)];
  const table: PlacedTable = {
    namespace: "public",
    name: `${fromText} to ${toText}`,
    columns: columnsOf(from),
    key: [],
    mode: "append",
  };
  await client.query(createTable(table));
  const rows: Row[] = [[], [null], valuesOf(from), null].map((value, n) => ({ n, value }));
  await load(quoteTable(table), table.columns, rows);
  await client.query(widenColumn({ table, column: "value", from, to })?.statement ?? "");
  const back = await unload(`SELECT n, value FROM ${quoteTable(table)} ORDER BY n`, columnsOf(to));
  expect(back.map(compileRowHasher(columnsOf(to)))).toEqual(rows.map(compileRowHasher(table.columns)));
});

test.each([
  ["text", "integer"],
  ["bigint", "integer"],
  ["bigint", "double"],
  ["double", "numeric(20,2)"],
  ["numeric", "numeric(20,2)"],
  ["numeric(10,2)", "numeric(10,3)"],
  ["timestamp", "timestamptz"],
  ["timestamp", "date"],
  ["json", "text"],
  ["timestamp[]", "json"],
  ["text[]", "text"],
  ["text", "text[]"],
  ["text", "text"],
])("%s is not widened to %s", (from, to) => {
  const widening = widenColumn({
    table: { namespace: "public", name: "t" },
    column: "c",
    from: parseColumnType(from),
    to: parseColumnType(to),
  });
  expect(widening).toBeUndefined();
});

const HOSTILE = `we"ird'; DROP TABLE "x`;

describe("a table with hostile names", () => {
  const table: PlacedTable = {
    namespace: `schema "1"`,
    name: HOSTILE,
    columns: [
      { name: `id"; --`, type: { kind: "bigint" } },
      {
        name: "select",
        type: { kind: "array", of: { kind: "numeric", precision: 10, scale: 2 } },
        nullable: false,
      },
      { name: "ünï", type: { kind: "json" } },
    ],
    key: [`id"; --`],
    mode: "merge",
  };

  test("is created with its metadata columns, described, evolved and has a history", async () => {
    expect(await introspect(client, table)).toBeUndefined();
    await client.query('CREATE SCHEMA "schema ""1"""');
    await client.query(createTable(table));
    for (const statement of createHistory(table)) await client.query(statement);
    await client.query(addColumn(table, { name: 'new"', type: { kind: "timestamptz" } }));
    await client.query(dropNotNull(table, "select"));
    const found = await introspect(client, table);
    expect(found).toMatchObject({ kind: "table", primaryKey: [`id"; --`], hasChildren: false });
    expect(
      found?.columns.map(({ name, type, nullable }) => [name, type && formatColumnType(type), nullable]),
    ).toEqual([
      [`id"; --`, "bigint", false],
      ["select", "numeric(10,2)[]", true],
      ["ünï", "json", true],
      ["_row_hash", "bytea", false],
      ["_run_id", "uuid", false],
      ["_loaded_at", "timestamptz", false],
      ['new"', "timestamptz", true],
    ]);
    const history = await introspect(client, { ...table, name: `${HOSTILE}__history` });
    expect(history?.columns.map(({ name, nullable }) => [name, nullable]).slice(-5)).toEqual([
      ["_version", false],
      ["_operation", false],
      ["_changed", false],
      ["_archived_at", false],
      ["_archived_run", true],
    ]);
    const indexes = await client.query(
      "SELECT indexname FROM pg_catalog.pg_indexes WHERE schemaname = $1 ORDER BY 1",
      [table.namespace],
    );
    expect(indexes.rows.map((row: { indexname: string }) => row.indexname)).toContain(
      `${HOSTILE}__history_key_idx`,
    );
  });
});

test("names of 63 bytes have history, index and key names that differ and fit", async () => {
  const names = ["a", "b"].map((last) => "ä".repeat(31) + last);
  for (const name of names) {
    const table: PlacedTable = {
      namespace: "public",
      name,
      columns: [{ name: "id", type: { kind: "integer" } }],
      key: ["id"],
      mode: "merge",
    };
    await client.query(createTable(table));
    for (const statement of createHistory(table)) await client.query(statement);
  }
});

test.each([
  ["append", []],
  ["upsert", ["id"]],
  ["replace", ["id"]],
  ["snapshot", ["_snapshot", "id"]],
] as const)("a table of mode %s has the primary key %j", async (mode, primaryKey) => {
  const table: PlacedTable = {
    namespace: "public",
    name: `mode_${mode}`,
    columns: [{ name: "id", type: { kind: "integer" } }],
    key: ["id"],
    mode,
    ...(mode === "snapshot" ? { snapshot: { every: "day" as const, timeZone: "UTC" } } : {}),
  };
  await client.query(createTable(table));
  expect((await introspect(client, table))?.primaryKey).toEqual(primaryKey);
});

describe("what others created is described as it is", () => {
  test("types that would not give values back unchanged have no column type", async () => {
    await client.query(`
      CREATE TYPE public.mood AS ENUM ('ok');
      CREATE DOMAIN public.short AS text CHECK (length(value) < 5);
      CREATE TABLE public.foreign_types (
        a varchar(20), b varchar, c char(3), d timestamp(3), e public.mood, f public.short, g json, h money, i numeric(5,-2),
        j integer GENERATED ALWAYS AS IDENTITY, k integer GENERATED ALWAYS AS (1 + 1) STORED, l integer DEFAULT 5, m varchar[], n inet,
        gone text, UNIQUE (a, b)
      );
      ALTER TABLE public.foreign_types DROP COLUMN gone`);
    const found = await introspect(client, { namespace: "public", name: "foreign_types" });
    const types = found?.columns.map(({ name, sqlType, type }) => [
      name,
      sqlType,
      type && formatColumnType(type),
    ]);
    expect(types).toEqual([
      ["a", "character varying(20)", undefined],
      ["b", "character varying", "text"],
      ["c", "character(3)", undefined],
      ["d", "timestamp(3) without time zone", undefined],
      ["e", "public.mood", undefined],
      ["f", "public.short", undefined],
      ["g", "json", undefined],
      ["h", "money", undefined],
      ["i", "numeric(5,-2)", undefined],
      ["j", "integer", "integer"],
      ["k", "integer", "integer"],
      ["l", "integer", "integer"],
      ["m", "character varying[]", "text[]"],
      ["n", "inet", undefined],
    ]);
    expect(found?.columns.filter((column) => column.generated).map((column) => column.name)).toEqual([
      "j",
      "k",
    ]);
    expect(found?.columns.find((column) => column.name === "l")?.hasDefault).toBe(true);
    expect(found?.unique).toEqual([["a", "b"]]);
    expect(found?.primaryKey).toEqual([]);
  });

  test("views, partitioned tables, children, triggers and row security are told apart", async () => {
    await client.query(`
      CREATE VIEW public.a_view AS SELECT 1 AS id;
      CREATE TABLE public.parted (id integer PRIMARY KEY) PARTITION BY RANGE (id);
      CREATE TABLE public.part PARTITION OF public.parted DEFAULT;
      CREATE TABLE public.plain (id integer);
      ALTER TABLE public.plain ENABLE ROW LEVEL SECURITY;
      ALTER TABLE public.plain FORCE ROW LEVEL SECURITY;
      CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER swallow BEFORE INSERT ON public.plain FOR EACH ROW EXECUTE FUNCTION public.nothing()`);
    const kind = async (name: string) => introspect(client, { namespace: "public", name });
    expect(await kind("a_view")).toMatchObject({ kind: "view" });
    expect(await kind("parted")).toMatchObject({
      kind: "partitioned table",
      hasChildren: true,
      primaryKey: ["id"],
    });
    expect(await kind("plain")).toMatchObject({ guarded: { rowSecurity: true, triggers: ["swallow"] } });
    expect(await kind("a_view_that_is_not")).toBeUndefined();
  });
});
