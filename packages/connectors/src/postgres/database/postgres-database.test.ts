import type { Database, Row } from "@millrace/core";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../../test/fresh-database.ts";
import { PostgresDatabase } from "./postgres-database.ts";

let fresh: FreshDatabase;
let db: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  db = await PostgresDatabase.connect(fresh.url);
});
afterAll(async () => {
  await db.close();
  await fresh.drop();
});

test("commits nothing where a statement failed that the work did not mind, and says so", async () => {
  await db.execute("CREATE TABLE minded (id int PRIMARY KEY)");
  const work = db.transaction(async (statements) => {
    await statements.execute("INSERT INTO minded VALUES (1)");
    await statements.execute("INSERT INTO minded VALUES (1)").catch(() => undefined);
  });
  await expect(work).rejects.toMatchObject({
    code: "MLR_DATABASE_FAILED",
    message: expect.stringContaining("it was rolled back, since one of its statements had failed") as string,
  });
  expect(await db.query("SELECT * FROM minded")).toEqual([]);
});

test("answers in forms that lose nothing, also of types that only PostgreSQL has", async () => {
  await db.execute(
    "CREATE TYPE mood AS ENUM ('fine', 'so so'); CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
  );
  const [row] =
    await db.query(`SELECT 'so so'::mood AS mood, 5::positive AS positive, '10.0.0.1'::inet AS address,
    '[1,5)'::int4range AS span, 'x'::char(3) AS padded, ARRAY[[1,2],[3,4]] AS nested, ARRAY['a','b "c"',NULL,'{}',''] AS texts,
    '[0:1]={7,8}'::int[] AS shifted, 'NaN'::numeric AS nan, '-Infinity'::float8 AS least, 4294967295::oid AS oid,
    '{"n": 12345678901234567890.5}'::json AS doc, '-1 year 2 days'::interval AS gap, 'infinity'::date AS never`);
  expect(row).toMatchObject({
    mood: "so so",
    positive: 5,
    address: "10.0.0.1",
    span: "[1,5)",
    padded: "x  ",
    nested: [
      [1, 2],
      [3, 4],
    ],
    texts: ["a", 'b "c"', null, "{}", ""],
    shifted: [7, 8],
    nan: "NaN",
    least: Number.NEGATIVE_INFINITY,
    oid: 4_294_967_295,
    gap: "P-1Y2D",
    never: "infinity",
  });
  expect(String((row?.["doc"] as { n: unknown } | undefined)?.n)).toBe("12345678901234567890.5");
});

test("gives instants in UTC whatever time zone the database or the pipeline's own code has set", async () => {
  const [utc] = await db.query("SELECT '2026-11-22 10:20:30.5+02'::timestamptz AS at");
  expect(utc).toEqual({ at: "2026-11-22T08:20:30.5Z" });
  const inside = await db.transaction(async (statements) => {
    await statements.execute("SET LOCAL timezone = 'Asia/Kolkata'");
    return statements.query("SELECT '2026-11-22 10:20:30.000001Z'::timestamptz AS at");
  });
  expect(inside).toEqual([{ at: "2026-11-22T10:20:30.000001Z" }]);
});

test("loads into types that only PostgreSQL has, and into tables of the search_path", async () => {
  await db.execute(
    "CREATE SCHEMA side; CREATE TABLE side.odd (id int, m mood, a inet, t text[], c varchar(3), d timestamptz)",
  );
  const rows = [
    { id: 1, m: "fine", a: "10.0.0.0/8", t: ["a\tb", null, '"'], c: "abc", d: new Date(1) },
    { id: 2, m: null, a: "::1", t: [], c: "\\N", d: "2026-11-22T00:00:00Z" },
  ];
  expect(await db.load(rows, { table: "odd", namespace: "side" })).toBe(2);
  expect(await db.query("SELECT * FROM side.odd ORDER BY id")).toEqual([
    { ...rows[0], d: "1970-01-01T00:00:00.001Z" },
    rows[1],
  ]);
  await expect(db.load([{ id: 3, m: "angry" }], { table: "odd", namespace: "side" })).rejects.toMatchObject({
    code: "MLR_DATABASE_FAILED",
    message: expect.stringContaining("angry") as string,
  });
  await db.execute("CREATE TABLE numbers (id int, n smallint)");
  await expect(
    db.load(
      [
        { id: 1, n: 1 },
        { id: 2, n: 40_000 },
      ],
      { table: "numbers" },
    ),
  ).rejects.toMatchObject({
    code: "MLR_ROW_INVALID",
    message: expect.stringMatching(/row 2, column "n": .*40000/) as string,
  });
  await expect(db.load([{ idd: 1 }], { table: "numbers" })).rejects.toMatchObject({
    hint: 'Did you mean "id"?',
  });
});

test("calls functions and procedures, by name and number of values", async () => {
  await db.execute(`
    CREATE FUNCTION side.twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2';
    CREATE FUNCTION side.upto(n int, OUT i int, OUT s text) RETURNS SETOF record LANGUAGE sql
      AS $$ SELECT g, 'n' || g FROM generate_series(1, n) AS g $$;
    CREATE PROCEDURE side.nothing() LANGUAGE sql AS ''`);
  expect(await db.call("side.twice", [4])).toEqual([{ twice: 8 }]);
  expect(await db.call("side.upto", [2])).toEqual([
    { i: 1, s: "n1" },
    { i: 2, s: "n2" },
  ]);
  expect(await db.call("side.nothing")).toEqual([]);
  await expect(db.call("side.twice", [1, 2])).rejects.toMatchObject({
    code: "MLR_DATABASE_FAILED",
    message: 'procedure "side.twice" does not take 2 values',
  });
  await expect(db.call("side.thrice", [1])).rejects.toThrow(/no procedure or function "side.thrice"/);
});

test("fails with an error that may pass when the server ends a connection, and connects anew after that", async () => {
  const own = await PostgresDatabase.connect(fresh.url);
  const admin = new pg.Client(fresh.url);
  await admin.connect();
  admin.on("error", () => undefined);
  const end = (): Promise<unknown> =>
    admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'millrace' AND pid <> pg_backend_pid() AND query LIKE '%marked%'",
    );
  const reading = (async () => {
    let rows: readonly Row[] = [];
    for await (const batch of own.stream("SELECT generate_series(1, 1000000) AS marked", [], {
      batchRows: 10,
    })) {
      rows = batch.rows;
      await end();
    }
    return rows;
  })();
  await expect(reading).rejects.toMatchObject({ code: "MLR_DATABASE_UNAVAILABLE", retry: "later" });
  expect(await own.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await own.close();
  await admin.end();
});

test("closes also where a stream was left standing", async () => {
  const own = await PostgresDatabase.connect(fresh.url);
  const iterator = own.stream("SELECT generate_series(1, 1000000) AS n")[Symbol.asyncIterator]();
  await iterator.next();
  await own.close();
  await iterator.return?.(undefined);
});

test("gives encoded rows whole, however the network cuts them, and can be left in the middle", async () => {
  await db.execute(
    "CREATE TABLE wide AS SELECT n, repeat('x', n % 5000) AS body FROM generate_series(1, 3000) AS n",
  );
  const own = await PostgresDatabase.connect(fresh.url);
  let count = 0;
  let bytes = 0;
  for await (const rows of own.encoded("SELECT * FROM wide ORDER BY n")) {
    const decoded = rows.decode();
    expect(decoded).toHaveLength(rows.count);
    expect(decoded.at(-1)).toEqual(rows.last());
    expect(decoded[0]?.["n"]).toBe(count + 1);
    for (const { n, body } of decoded) expect(String(body).length).toBe(Number(n) % 5_000);
    count += rows.count;
    bytes += rows.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }
  expect(count).toBe(3_000);
  expect(bytes).toBeGreaterThan(4_000_000);
  for (let again = 0; again < 3; again++) {
    for await (const rows of own.encoded("SELECT generate_series(1, 100000000) AS n")) {
      expect(rows.count).toBeGreaterThan(1_000);
      break;
    }
  }
  const stop = new AbortController();
  const aborted = (async () => {
    for await (const rows of own.encoded("SELECT generate_series(1, 100000000) AS n", {
      signal: stop.signal,
    }))
      if (rows.count > 0) stop.abort();
  })();
  await expect(aborted).rejects.toMatchObject({ code: "MLR_RUN_STOPPED" });
  const failing = Array.fromAsync(
    own.encoded("SELECT 1 / (5000 - n) AS x FROM generate_series(1, 9000) AS n"),
  );
  await expect(failing).rejects.toMatchObject({
    code: "MLR_DATABASE_FAILED",
    message: expect.stringContaining("division by zero") as string,
  });
  expect(await own.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await own.close();
});
