import { statement } from "@millrace/core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { makeBed, type Bed } from "./bed.ts";

let bed: Bed;
beforeAll(async () => {
  bed = await makeBed();
});
afterEach(() => bed.db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public"));
afterAll(() => bed.close());

const numbers = async (count: number): Promise<void> => {
  await bed.db.execute("CREATE TABLE numbers (n int PRIMARY KEY, name text)");
  await bed.db.execute(`INSERT INTO numbers SELECT n, 'n' || n FROM generate_series(1, ${count}) AS n`);
};

test("declares the columns with their types and the primary key, and reads one epoch", async () => {
  await bed.db.execute(`CREATE TABLE typed (
    id bigint, part smallint, amount numeric(12,3) NOT NULL, at timestamp(3), tags text[], doc jsonb, code varchar(5),
    address inet, PRIMARY KEY (part, id))`);
  await bed.db.execute(`INSERT INTO typed VALUES
    (9007199254740993, 1, 1.5, '2026-11-22 10:20:30.123', '{a,NULL,"b c"}', '{"n": 9007199254740993}', 'x', '10.0.0.1')`);
  const { messages, rows } = await bed.read({ table: "typed" });
  expect(messages[0]).toEqual({
    type: "schema",
    stream: {
      name: "typed",
      key: ["part", "id"],
      columns: [
        { name: "id", type: { kind: "bigint" }, nullable: false },
        { name: "part", type: { kind: "smallint" }, nullable: false },
        { name: "amount", type: { kind: "numeric", precision: 12, scale: 3 }, nullable: false },
        { name: "at", type: { kind: "timestamp" } },
        { name: "tags", type: { kind: "array", of: { kind: "text" } } },
        { name: "doc", type: { kind: "json" } },
        { name: "code", type: { kind: "text" } },
        { name: "address", type: { kind: "text" } },
      ],
    },
  });
  expect(messages.map(({ type }) => type)).toEqual(["schema", "begin", "rows", "complete"]);
  expect(rows).toEqual([
    {
      id: 9_007_199_254_740_993n,
      part: 1,
      amount: "1.500",
      at: "2026-11-22T10:20:30.123",
      tags: ["a", null, "b c"],
      doc: { n: 9_007_199_254_740_993n },
      code: "x",
      address: "10.0.0.1",
    },
  ]);
});

test("reads in chunks, and goes on behind the last one after an interruption", async () => {
  await numbers(25);
  const options = { table: "numbers", chunkRows: 10, batchRows: 4 };
  const whole = await bed.read(options);
  expect(whole.told).toEqual([
    ...["schema", "begin", "rows 4", "rows 4", "rows 2", "checkpoint"],
    ...["rows 4", "rows 4", "rows 2", "checkpoint", "rows 4", "rows 1", "complete"],
  ]);
  const cut = await bed.read(options, { stop: ({ type }) => type === "checkpoint" });
  const rest = await bed.read(options, { state: cut.state, open: "numbers" });
  expect(rest.told).not.toContain("begin");
  expect([...cut.rows, ...rest.rows].map(({ n }) => n)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
});

test("begins anew where the epoch was not left open, or the key is another one now", async () => {
  await numbers(25);
  const cut = await bed.read(
    { table: "numbers", chunkRows: 10 },
    { stop: ({ type }) => type === "checkpoint" },
  );
  const again = await bed.read({ table: "numbers" }, { state: cut.state });
  expect(again.rows).toHaveLength(25);
  expect(again.told[1]).toBe("begin");
  const other = { table: "numbers", key: ["name"] };
  expect((await bed.read(other, { state: cut.state, open: "numbers" })).rows).toHaveLength(25);
});

test.each([
  [true, 20],
  [false, 21],
])("with consistent: %s it reads %i rows where one is inserted meanwhile", async (consistent, count) => {
  await numbers(20);
  const { rows } = await bed.read(
    { table: "numbers", chunkRows: 10, consistent },
    { meanwhile: () => bed.db.execute("INSERT INTO numbers VALUES (1000, 'late')") },
  );
  expect(rows).toHaveLength(count);
});

test("reads rows of a query that lack a part of the key as well, at the end", async () => {
  await bed.db.execute("CREATE TABLE loose (a int, b int)");
  await bed.db.execute("INSERT INTO loose VALUES (1, 1), (NULL, 2), (2, NULL), (1, 2), (3, 1)");
  const { rows } = await bed.read({ query: "select * from loose", key: ["a", "b"], chunkRows: 1 });
  expect(rows.slice(0, 3)).toEqual([
    { a: 1, b: 1 },
    { a: 1, b: 2 },
    { a: 3, b: 1 },
  ]);
  expect(rows).toHaveLength(5);
});

test("fails where a key comes twice at the end of a chunk, since a row would be left out", async () => {
  await bed.db.execute("CREATE TABLE loose (a int)");
  await bed.db.execute("INSERT INTO loose VALUES (1), (2), (2), (3)");
  await expect(bed.read({ query: "select * from loose", key: ["a"], chunkRows: 2 })).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    message: expect.stringContaining("more than one row has the key (a) = (2)") as string,
  });
});

test.each([
  ["real", "0.1", "0.2"],
  ["double precision", "'NaN'", "0.1"],
  ["numeric", "9007199254740993.5", "9007199254740993.25"],
  ["bigint", "9007199254740993", "9007199254740992"],
  ["text", "'it''s'", "'\u{1f600}'"],
  ["uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'"],
  ["timestamptz", "'2026-11-22 10:20:30.000001+05:30'", "'2026-11-22 10:20:30.000002+05:30'"],
  ["timestamp", "'2026-11-22'", "'2026-11-22 00:00:00.000001'"],
  ["date", "'2026-11-22'", "'0001-01-01'"],
  ["time", "'23:59:59.999999'", "'00:00'"],
  ["bytea", String.raw`'\x00ff'`, String.raw`'\x00'`],
  ["boolean", "true", "false"],
  ["interval", "'1 month'", "'2 days'"],
])("goes on behind a key of type %s", async (type, ...values) => {
  await bed.db.execute(`CREATE TABLE keyed (k ${type} PRIMARY KEY)`);
  await bed.db.execute(`INSERT INTO keyed VALUES ${values.map((value) => `(${value})`).join(", ")}`);
  const options = { table: "keyed", chunkRows: 1 };
  const { rows } = await bed.read(options);
  expect(rows).toHaveLength(2);
  const cut = await bed.read(options, { stop: ({ type: kind }) => kind === "checkpoint" });
  const rest = await bed.read(options, { state: cut.state, open: "keyed" });
  expect([...cut.rows, ...rest.rows]).toEqual(rows);
});

test("reads some columns and rows of a table in another schema, with values kept apart", async () => {
  await bed.db.execute(
    'CREATE SCHEMA "we ird"; CREATE TABLE "we ird"."ta""ble" (id int PRIMARY KEY, a text, b text)',
  );
  await bed.db.execute(`INSERT INTO "we ird"."ta""ble" VALUES (1, 'x', 'y'), (2, 'it''s', 'z')`);
  const { rows } = await bed.read({
    table: 'ta"ble',
    namespace: "we ird",
    columns: ["id", "a"],
    where: statement`a = ${"it's"} or false -- a comment`,
  });
  expect(rows).toEqual([{ id: 2, a: "it's" }]);
  await bed.db.execute('DROP SCHEMA "we ird" CASCADE');
});

test("takes a query with values", async () => {
  await numbers(10);
  const query = statement`with few as (select * from numbers where n > ${7}) select n from few where n < ${10};`;
  expect((await bed.read({ query, key: ["n"], chunkRows: 1 })).rows).toEqual([{ n: 8 }, { n: 9 }]);
  expect((await bed.read({ query })).rows).toHaveLength(2);
});

test("is complete without rows too, so that what is gone can be removed", async () => {
  await bed.db.execute("CREATE TABLE empty (id int PRIMARY KEY)");
  expect((await bed.read({ table: "empty" })).told).toEqual(["schema", "begin", "complete"]);
  expect((await bed.read({ query: "select * from empty" })).told).toEqual(["schema", "begin", "complete"]);
});

test.each([
  [{ table: "numbrs" }, "MLR_SOURCE_NOT_FOUND", /table "numbrs" of .* does not exist/],
  [{ table: "numbers", key: ["m"] }, "MLR_ARGUMENT_INVALID", /"key".* no column "m"/],
  [{ table: "numbers", columns: ["nam"] }, "MLR_ARGUMENT_INVALID", /"columns".* no column "nam"/],
  [{ table: "numbers", columns: ["name"] }, "MLR_ARGUMENT_INVALID", /"key".* no column "n"/],
  [
    { table: "numbers", cursor: { column: "updated" } },
    "MLR_ARGUMENT_INVALID",
    /"cursor.column".* "updated"/,
  ],
  [{ query: "select 1 as a", key: ["b"] }, "MLR_DATABASE_FAILED", /b/],
  [{ query: "selec 1" }, "MLR_DATABASE_FAILED", /syntax error/],
  [{ query: "select 1 as a, 2 as a" }, "MLR_DATABASE_FAILED", /two columns of the answer are called "a"/],
])("says what is wrong with %j", async (options, code, message) => {
  await numbers(1);
  await expect(bed.read(options)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  });
});

test("refuses --since without a cursor", async () => {
  await numbers(1);
  await expect(bed.read({ table: "numbers" }, { since: "5" })).rejects.toMatchObject({
    code: "MLR_ARGUMENT_INVALID",
  });
});
