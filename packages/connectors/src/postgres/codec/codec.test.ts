import { canonicalText, compileRowHasher, isStored } from "@millrace/core";
import type { ColumnDefinition, ColumnType, Row, ScalarKind } from "@millrace/core";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../../test/fresh-database.ts";
import { TYPED_VALUES } from "../../../test/typed-values.ts";
import { sqlType } from "../ddl/sql-type.ts";
import { CopyDecoder } from "./copy-decoder.ts";
import { compileCopyEncoder } from "./copy-encoder.ts";

let database: FreshDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  // Settings that would show in any text the codec depended on.
  await client.query(
    "SET datestyle TO 'SQL, DMY'; SET timezone TO 'Asia/Kathmandu'; SET intervalstyle TO 'postgres_verbose'; SET bytea_output TO 'escape'",
  );
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

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

async function roundTrip(name: string, type: ColumnType, values: readonly unknown[]): Promise<Row[]> {
  const columns: ColumnDefinition[] = [
    { name: "n", type: { kind: "integer" } },
    { name: "value", type },
  ];
  await client.query(`CREATE TABLE ${name} (n integer, value ${sqlType(type)})`);
  await load(
    name,
    columns,
    values.map((value, n) => ({ n, value })),
  );
  return unload(`SELECT n, value FROM ${name} ORDER BY n`, columns);
}

describe.each(Object.entries(TYPED_VALUES) as [ScalarKind, (typeof TYPED_VALUES)[ScalarKind]][])(
  "%s",
  (kind, values) => {
    test("is stored as the literal of the same value, and read back as it was written", async () => {
      const stored = values.map(([value]) => value);
      for (const value of stored.filter((v) => !(v === 9007199254740993)))
        expect(isStored({ kind }, value)).toBe(true);
      const back = await roundTrip(`scalar_${kind}`, { kind }, [...stored, null, undefined]);
      expect(back.map((row) => row.value)).toEqual([...stored, null, null]);
      for (const [n, [, literal]] of values.entries()) {
        const same = await client.query(
          `SELECT value IS NOT DISTINCT FROM $1::text::${sqlType({ kind })} AS same, value::text AS text FROM scalar_${kind} WHERE n = ${n}`,
          [literal],
        );
        expect(same.rows[0]).toMatchObject({ same: true });
      }
    });

    test("keeps the row hash over the round trip, also in arrays with nulls", async () => {
      const stored = values.map(([value]) => value);
      const type: ColumnType = { kind: "array", of: { kind } };
      const arrays = [[], [null], stored, [null, ...stored, null]];
      const back = await roundTrip(`array_${kind}`, type, arrays);
      expect(back.map((row) => row.value)).toEqual(arrays);
      const hash = compileRowHasher([{ name: "value", type }]);
      for (const [n, row] of back.entries()) expect(hash(row)).toBe(hash({ value: arrays[n] }));
      const found = await client.query(`SELECT cardinality(value) AS size FROM array_${kind} ORDER BY n`);
      expect(found.rows.map((row: { size: number }) => row.size)).toEqual(
        arrays.map((array) => array.length),
      );
      expect(canonicalText(type)(arrays[3])).toBe(canonicalText(type)(back[3]?.value));
    });
  },
);

test("numeric with a scale pads what it stores and still reads back canonically", async () => {
  const back = await roundTrip("scaled", { kind: "numeric", precision: 12, scale: 3 }, [
    "1.5",
    "0",
    "-999999999.999",
  ]);
  expect(back.map((row) => row.value)).toEqual(["1.5", "0", "-999999999.999"]);
  const found = await client.query("SELECT value::text AS text FROM scaled ORDER BY n");
  expect(found.rows.map((row: { text: string }) => row.text)).toEqual(["1.500", "0.000", "-999999999.999"]);
});

test("a numeric of the greatest size is written, and one beyond it refused", async () => {
  const widest = `${"9".repeat(131072)}.${"9".repeat(16383)}`;
  const back = await roundTrip("widest", { kind: "numeric" }, [widest]);
  expect(back[0]?.value).toBe(widest);
  const encoder = compileCopyEncoder({ columns: [{ name: "value", type: { kind: "numeric" } }] });
  expect(() => encoder.append({ value: "9".repeat(131073) })).toThrow(/more than numeric can hold/);
});

test("values larger than a chunk are written in one piece, alone and in arrays", async () => {
  const columns: ColumnDefinition[] = [
    { name: "n", type: { kind: "integer" } },
    { name: "text", type: { kind: "text" } },
    { name: "json", type: { kind: "json" } },
    { name: "bytea", type: { kind: "bytea" } },
    { name: "texts", type: { kind: "array", of: { kind: "text" } } },
  ];
  const text = "ä".repeat(400_000);
  const rows: Row[] = [0, 1, 2].map((n) => ({
    n,
    text,
    json: `["${text}"]`,
    bytea: Buffer.alloc(700_000, 171),
    texts: [text, null, "x", text.slice(0, 1000), text],
  }));
  await client.query("CREATE TABLE large (n integer, text text, json jsonb, bytea bytea, texts text[])");
  await load("large", columns, rows);
  const back = await unload("SELECT * FROM large ORDER BY n", columns);
  const hash = compileRowHasher(columns);
  expect(back.map(hash)).toEqual(rows.map(hash));
});

test("trailing fields follow the columns in the order asked for", async () => {
  const columns: ColumnDefinition[] = [{ name: "id", type: { kind: "integer" } }];
  const encoder = compileCopyEncoder({
    columns,
    trailing: ["ordinal", "hash", "run", "loadedAt"],
    constants: { run: "01234567-89ab-cdef-0123-456789abcdef", loadedAt: 1732186800000000n },
  });
  const hash = String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i * 8));
  encoder.append({ id: 1 }, hash, 5_000_000_000);
  await client.query(
    "CREATE TABLE trailers (id integer, ordinal bigint, hash bytea, run uuid, loaded timestamptz)",
  );
  const stream = client.query(copyFrom("COPY trailers FROM STDIN (FORMAT binary)"));
  await pipeline(Readable.from([encoder.header(), ...encoder.flush(), encoder.trailer()]), stream);
  const found = await client.query(
    "SELECT id, ordinal::text, encode(hash, 'hex') AS hash, run::text, loaded = '2024-11-21T11:00:00Z' AS loaded FROM trailers",
  );
  expect(found.rows).toEqual([
    {
      id: 1,
      ordinal: "5000000000",
      hash: Buffer.from(hash, "latin1").toString("hex"),
      run: "01234567-89ab-cdef-0123-456789abcdef",
      loaded: true,
    },
  ]);
});

test("a chunk that was handed off is not written again, and together they are the whole COPY", async () => {
  const columns: ColumnDefinition[] = [
    { name: "id", type: { kind: "integer" } },
    { name: "texts", type: { kind: "array", of: { kind: "text" } } },
    { name: "text", type: { kind: "text" } },
  ];
  const rows = Array.from({ length: 20_000 }, (_, id) => ({
    id,
    texts: Array.from({ length: id % 7 }, (_, i) => `ä${"y".repeat(i * (id % 300))}`),
    text: "z".repeat(id % 501),
  }));
  const encoder = compileCopyEncoder({ columns });
  const chunks: Buffer[] = [encoder.header()];
  const copies: Buffer[] = [encoder.header()];
  for (const [i, row] of rows.entries()) {
    encoder.append(row);
    const more = i % 100 === 0 ? encoder.flush() : encoder.take();
    chunks.push(...more);
    copies.push(...more.map((chunk) => Buffer.from(chunk)));
  }
  const last = encoder.flush();
  chunks.push(...last, encoder.trailer());
  copies.push(...last, encoder.trailer());
  expect(Buffer.concat(chunks).equals(Buffer.concat(copies))).toBe(true);
  expect(encoder.bytes).toBe(chunks.reduce((sum, chunk) => sum + chunk.length, 0) - 19 - 2);
  const decoder = new CopyDecoder(columns);
  const whole = Buffer.concat(chunks);
  const back: Row[] = [];
  // Pieces of every size, so that tuples are cut anywhere.
  for (let at = 0, size = 1; at < whole.length; at += size, size = (size * 7 + 3) % 5003) {
    back.push(...decoder.push(whole.subarray(at, at + size)));
  }
  decoder.end();
  expect(back).toEqual(rows);
});

test("a column named like what every object inherits is null where the row has none", async () => {
  const columns: ColumnDefinition[] = [
    { name: "constructor", type: { kind: "text" } },
    { name: "value", type: { kind: "integer" } },
  ];
  await client.query('CREATE TABLE inherited ("constructor" text, value integer)');
  await load("inherited", columns, [{ value: 1 }, { value: 2, constructor: "own" }]);
  const back = await unload("SELECT * FROM inherited ORDER BY value", columns);
  expect(back.map((row) => ({ ...row }))).toEqual([
    { constructor: null, value: 1 },
    { constructor: "own", value: 2 },
  ]);
});

test.each([
  ["text", 5],
  ["integer", "5"],
  ["bigint", "5"],
  ["numeric", "5e3"],
  ["numeric", "abc"],
  ["uuid", "01234567-89ab-cdef-0123-456789abcdeg"],
  ["uuid", "x"],
  ["uuid", `01234567-89ab-cdef-0123-456789abcde${"\u0130"}`],
  ["interval", "soon"],
  ["bytea", [1, 2]],
  ["boolean", 1],
  ["json", { a: 1 }],
  ["timestamp", new Date(0)],
] as const)(
  "a %s that is not in storage form (%s) is refused instead of written as nonsense",
  (kind, value) => {
    const encoder = compileCopyEncoder({ columns: [{ name: "value", type: { kind } }] });
    expect(() => encoder.append({ value })).toThrow(/reached a column/);
  },
);

test("a COPY that breaks off is noticed", () => {
  const columns: ColumnDefinition[] = [{ name: "id", type: { kind: "integer" } }];
  const encoder = compileCopyEncoder({ columns });
  encoder.append({ id: 1 });
  const decoder = new CopyDecoder(columns);
  decoder.push(encoder.header());
  expect(encoder.flush().flatMap((chunk) => decoder.push(chunk))).toEqual([{ id: 1 }]);
  expect(() => decoder.end()).toThrow(/before its last row/);
});
