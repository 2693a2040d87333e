import type { BrowsedPage, BrowseQuery, Json, TableDefinition } from "@millrace/core";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../../../test/fresh-database.ts";
import { createHistory, createTable } from "../../ddl/create-table.ts";
import { quoteTable } from "../../quote.ts";
import { MIGRATIONS } from "../../state/migrations/index.ts";
import { PostgresInspector } from "../inspector.ts";
import { pageSql } from "./page-sql.ts";
import { relationOf } from "./relation.ts";

const RUN = "01234567-89ab-cdef-0123-456789abcdef";
const HOSTILE = `we"ird; DROP TABLE x --'`;

let database: FreshDatabase;
let client: pg.Client;
let inspector: PostgresInspector;

beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  await client.query("CREATE SCHEMA millrace");
  for (const migration of MIGRATIONS) await client.query(migration);
  const own = new pg.Client(`${database.url}?options=-c%20datestyle%3DGerman%20-c%20timezone%3DAsia/Tokyo`);
  await own.connect();
  inspector = new PostgresInspector({ client: own, release: () => own.end(), location: "postgresql://test" });
});
afterAll(async () => {
  await inspector.close();
  await client.end();
  await database.drop();
});

async function create(definition: TableDefinition): Promise<string> {
  const table = { namespace: "public", ...definition };
  await client.query(createTable(table));
  if (definition.mode === "merge")
    for (const statement of createHistory(table)) await client.query(statement);
  await client.query(
    `INSERT INTO millrace.tables (table_schema, table_name, pipeline, mode, definition, hash_version)
     VALUES ('public', $1, 'tests', $2, $3, 1)`,
    [definition.name, definition.mode, JSON.stringify(table)],
  );
  return quoteTable(table);
}

const page = (table: string, query: Partial<BrowseQuery> = {}): Promise<BrowsedPage> =>
  inspector.browse(table, { of: "live", limit: 100, ...query });

/** All rows, by pages of the given size; one column. */
async function walk(table: string, column: string, query: Partial<BrowseQuery>): Promise<Json[]> {
  const values: Json[] = [];
  for (let after: string | undefined, pages = 0; pages < 100; pages++) {
    const { columns, rows, next } = await page(table, { ...query, after });
    const at = columns.findIndex(({ name }) => name === column);
    values.push(...rows.map((row) => row[at] ?? null));
    if (next === undefined) return values;
    after = next;
  }
  throw new Error("there is no end");
}

describe("live rows", () => {
  const columns = [
    { name: "shop", type: { kind: "integer" } },
    { name: HOSTILE, type: { kind: "text" } },
    { name: "price", type: { kind: "numeric", precision: 12, scale: 2 } },
    { name: "big", type: { kind: "bigint" } },
    { name: "at", type: { kind: "timestamptz" } },
    { name: "data", type: { kind: "json" } },
    { name: "tags", type: { kind: "array", of: { kind: "text" } } },
    { name: "ratio", type: { kind: "double" } },
  ] as const;

  beforeAll(async () => {
    const table = await create({ name: HOSTILE, columns, key: ["shop", HOSTILE], mode: "upsert" });
    await client.query(`INSERT INTO ${table}
      SELECT n / 3, 'item ' || n % 3, CASE WHEN n % 4 <> 0 THEN n / 4.0 END, 9007199254740993 + n,
        '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 h', jsonb_build_object('n', 9007199254740993), ARRAY['a"b', NULL],
        CASE n % 3 WHEN 0 THEN 'NaN'::float8 WHEN 1 THEN NULL ELSE n END
      FROM generate_series(0, 29) AS n`);
  });

  test("come in the order of the key, with columns, types and values that lose nothing", async () => {
    const { columns: told, rows, next, estimatedRows } = await page(HOSTILE, { limit: 2 });
    expect(told.map(({ name, type, key, own }) => [name, type, key, own])).toEqual([
      ["shop", "integer", true, false],
      [HOSTILE, "text", true, false],
      ["price", "numeric(12,2)", false, false],
      ["big", "bigint", false, false],
      ["at", "timestamptz", false, false],
      ["data", "json", false, false],
      ["tags", "text[]", false, false],
      ["ratio", "double", false, false],
    ]);
    expect(rows).toEqual([
      [
        0,
        "item 0",
        null,
        "9007199254740993",
        "2026-01-01T00:00:00Z",
        { n: "9007199254740993" },
        ['a"b', null],
        "NaN",
      ],
      [
        0,
        "item 1",
        "0.25",
        "9007199254740994",
        "2026-01-01T01:00:00Z",
        { n: "9007199254740993" },
        ['a"b', null],
        null,
      ],
    ]);
    expect(next).toEqual(expect.any(String));
    expect(estimatedRows).toBe(30);
  });

  test.for([
    { sort: undefined },
    { sort: { column: "shop", descending: true } },
    { sort: { column: "price", descending: false } },
    { sort: { column: "price", descending: true } },
    { sort: { column: "ratio", descending: false } },
    { sort: { column: "ratio", descending: true } },
    { sort: { column: "data", descending: true } },
    { sort: { column: HOSTILE, descending: false } },
  ])("are each on one page when sorted by $sort", async ({ sort }) => {
    for (const limit of [4, 11]) {
      const seen = await walk(HOSTILE, "big", { sort, limit });
      expect(new Set(seen).size).toBe(30);
      expect(seen).toHaveLength(30);
    }
  });

  test("that are null come last in either order", async () => {
    for (const descending of [false, true]) {
      const prices = await walk(HOSTILE, "price", { sort: { column: "price", descending }, limit: 5 });
      expect(prices.slice(-8)).toEqual(Array(8).fill(null));
      const numbers = prices.slice(0, -8).map(Number);
      expect(numbers).toEqual(numbers.toSorted((a, b) => (descending ? b - a : a - b)));
    }
  });

  test.for([
    { column: "price", operator: ">=", value: "7", found: 1 },
    { column: "price", operator: "null", found: 8 },
    { column: "price", operator: "!=", value: "0.25", found: 29 },
    { column: "big", operator: "=", value: "9007199254740994", found: 1 },
    { column: "at", operator: "<", value: "2026-01-01T09:00:00+09:00", found: 0 },
    { column: "at", operator: "<", value: "2026-01-01T10:00:00+09:00", found: 1 },
    { column: HOSTILE, operator: "contains", value: "ITEM 1", found: 10 },
    { column: HOSTILE, operator: "contains", value: "%", found: 0 },
    { column: HOSTILE, operator: "=", value: "' OR true --", found: 0 },
    { column: "data", operator: "contains", value: "900719925474099", found: 30 },
  ] as const)("where $column $operator $value are $found", async ({ found, ...filter }) => {
    expect((await page(HOSTILE, { filters: [filter] })).rows).toHaveLength(found);
  });

  test.for([
    { query: { filters: [{ column: "price", operator: "=", value: "cheap" }] }, says: /does not fit/ },
    { query: { filters: [{ column: "shop", operator: "=", value: "99999999999" }] }, says: /does not fit/ },
    { query: { filters: [{ column: "shops", operator: "=", value: "1" }] }, says: /no column "shops"/ },
    { query: { filters: [{ column: "shop", operator: "=" }] }, says: /needs a value/ },
    { query: { filters: [{ column: "shop", operator: "=", value: "1\0" }] }, says: /NUL/ },
    { query: { sort: { column: "1; DROP TABLE x", descending: false } }, says: /no column/ },
    { query: { after: "nonsense" }, says: /cursor/ },
    { query: { limit: 0 }, says: /limit/ },
    { query: { limit: 5_000 }, says: /limit/ },
    { query: { of: "removed" }, says: /keeps no removed rows/ },
  ] as const)("are refused for $query", async ({ query, says }) => {
    const refused = { code: "MLR_ARGUMENT_INVALID", message: expect.stringMatching(says) as unknown };
    await expect(page(HOSTILE, query as Partial<BrowseQuery>)).rejects.toMatchObject(refused);
    // The connection goes on.
    expect((await page(HOSTILE, { limit: 1 })).rows).toHaveLength(1);
  });

  test("do not go on from the cursor of another query", async () => {
    const { next } = await page(HOSTILE, { limit: 2 });
    const other = page(HOSTILE, { limit: 2, after: next, sort: { column: "price", descending: true } });
    await expect(other).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
  });

  test("can be read where somebody added a column of a type of their own", async () => {
    const table = await create({
      name: "added",
      columns: columns.slice(0, 1),
      key: ["shop"],
      mode: "upsert",
    });
    await client.query(`ALTER TABLE ${table} ADD COLUMN address inet DEFAULT '10.0.0.1'`);
    await client.query(`INSERT INTO ${table} VALUES (1)`);
    const { columns: told, rows } = await page("added");
    expect(told[1]).toMatchObject({ name: "address", type: "inet" });
    expect(rows).toEqual([[1, "10.0.0.1/32"]]);
  });

  test("of a table without a key come as they are stored", async () => {
    const table = await create({ name: "appended", columns: columns.slice(0, 1), key: [], mode: "append" });
    await client.query(`INSERT INTO ${table} SELECT n FROM generate_series(1, 20) AS n`);
    expect(await walk("appended", "shop", { limit: 6 })).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  });
});

describe("a table of a million rows", () => {
  beforeAll(async () => {
    const id = { name: "id", type: { kind: "integer" } } as const;
    const name = { name: "name", type: { kind: "text" } } as const;
    const table = await create({ name: "million", columns: [id, name], key: ["id"], mode: "upsert" });
    await client.query(`INSERT INTO ${table} SELECT n, 'row ' || n FROM generate_series(1, 1000000) AS n`);
    await client.query(`ANALYZE ${table}`);
  });

  test("gives any page of its key by the index, and estimates its rows", async () => {
    const first = await page("million", { filters: [{ column: "id", operator: ">=", value: "900000" }] });
    expect(first.estimatedRows).toBeGreaterThan(900_000);
    expect(first.rows[0]?.[0]).toBe(900_000);
    const query = { of: "live", limit: 100 } as const;
    const relation = await relationOf(client, "million", "live");
    if (relation === undefined) throw new Error("the table is gone");
    for (const sort of [undefined, { column: "id", descending: true }]) {
      const { text, values } = pageSql(relation, { ...query, sort }, ["900099"]);
      const plan = await client.query<{ "QUERY PLAN": string }>(`EXPLAIN ${text}`, [...values]);
      const lines = plan.rows.map((row) => row["QUERY PLAN"]).join("\n");
      expect(lines).toMatch(/Index Scan.* using million_pkey/);
      expect(lines).not.toMatch(/Sort|Seq Scan/);
    }
  });
});

test("a table of which no row was ever refused has an empty quarantine", async () => {
  expect(await page("million", { of: "quarantine" })).toEqual({ columns: [], rows: [], estimatedRows: 0 });
});

test("sizes of tables are told by the names that they are listed with", async () => {
  const sizes = await inspector.sizes();
  expect([...sizes.keys()].toSorted()).toEqual(
    [...new Set((await inspector.tables()).map(({ table }) => table))].toSorted(),
  );
  expect(sizes.get("million")?.bytes).toBeGreaterThan(40_000_000);
  expect(sizes.get("million")?.estimatedRows).toBeGreaterThan(900_000);
});

describe("removed rows", () => {
  beforeAll(async () => {
    const id = { name: "id", type: { kind: "integer" } } as const;
    const name = { name: "name", type: { kind: "text" } } as const;
    const table = await create({ name: "merged", columns: [id, name], key: ["id"], mode: "merge" });
    await client.query(
      `INSERT INTO ${table} VALUES (1, 'restored', '\\x00', $1, now()), (5, 'there', '\\x00', $1, now())`,
      [RUN],
    );
    await client.query(
      `INSERT INTO public.merged__history (id, name, _operation, _changed) VALUES
       (1, 'gone once', 'remove', '{}'), (2, 'older', 'remove', '{}'), (2, 'changed', 'update', '{name}'),
       (2, 'newest', 'remove', '{}'), (3, 'three', 'remove', '{}'), (5, 'was', 'update', '{name}')`,
    );
  });

  test("are those that have not come back, each once as it was last", async () => {
    expect(await walk("merged", "name", { of: "removed", limit: 1 })).toEqual(["three", "newest"]);
    const { columns, estimatedRows } = await page("merged", { of: "removed" });
    expect(estimatedRows).toBe(2);
    expect(columns.filter(({ key }) => key).map(({ name }) => name)).toEqual(["id"]);
    expect(columns.filter(({ own }) => own).map(({ name }) => name)).toEqual([
      "_run_id",
      "_loaded_at",
      "_archived_at",
      "_archived_run",
    ]);
  });

  test("can be sorted and filtered", async () => {
    const sort = { column: "name", descending: false };
    expect(await walk("merged", "name", { of: "removed", sort })).toEqual(["newest", "three"]);
    const filters = [{ column: "id", operator: "=", value: "3" }] as const;
    expect(await walk("merged", "name", { of: "removed", filters })).toEqual(["three"]);
  });
});
