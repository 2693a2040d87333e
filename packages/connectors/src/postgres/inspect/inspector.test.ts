import {
  compileRowHasher,
  HASH_VERSION,
  type ColumnDefinition,
  type Row,
  type ScalarKind,
  type TableDefinition,
} from "@millrace/core";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../../test/fresh-database.ts";
import { TYPED_VALUES } from "../../../test/typed-values.ts";
import { compileCopyEncoder } from "../codec/copy-encoder.ts";
import { widenColumn } from "../ddl/alter-table.ts";
import { createHistory, createTable, type PlacedTable } from "../ddl/create-table.ts";
import { quoteTable } from "../quote.ts";
import { MIGRATIONS } from "../state/migrations/index.ts";
import { PostgresInspector } from "./inspector.ts";
import { readRows } from "./read-rows.ts";
import { rehash } from "./rehash.ts";

const RUN = "01234567-89ab-cdef-0123-456789abcdef";
const LATER = "11234567-89ab-cdef-0123-456789abcdef";

let database: FreshDatabase;
let client: pg.Client;
let inspector: PostgresInspector;

beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  const own = new pg.Client(`${database.url}?options=-c%20datestyle%3DGerman%20-c%20timezone%3DAsia/Tokyo`);
  await own.connect();
  inspector = new PostgresInspector({ client: own, release: () => own.end(), location: "postgresql://test" });
});
afterAll(async () => {
  await inspector.close();
  await client.end();
  await database.drop();
});

async function register(
  definition: TableDefinition & { namespace: string },
  options: { pipeline?: string; hashVersion?: number } = {},
): Promise<void> {
  await client.query(
    `INSERT INTO millrace.tables (table_schema, table_name, pipeline, mode, definition, hash_version, discriminator_column, discriminator_value)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      definition.namespace,
      definition.name,
      options.pipeline ?? "tests",
      definition.mode,
      JSON.stringify(definition),
      options.hashVersion ?? HASH_VERSION,
      definition.discriminator?.column,
      definition.discriminator?.value,
    ],
  );
}

async function fill(table: PlacedTable, rows: readonly Row[]): Promise<void> {
  const hash = compileRowHasher(table.columns);
  const encoder = compileCopyEncoder({
    columns: table.columns,
    trailing: ["hash", "run", "loadedAt"],
    constants: { run: RUN, loadedAt: 1_700_000_000_000_000 },
  });
  for (const row of rows) encoder.append(row, hash(row));
  const stream = client.query(copyFrom(`COPY ${quoteTable(table)} FROM STDIN (FORMAT binary)`));
  await pipeline(Readable.from([encoder.header(), ...encoder.flush(), encoder.trailer()]), stream);
}

test("a database that Millrace never wrote into has no tables and no states", async () => {
  expect(await inspector.tables()).toEqual([]);
  expect(await inspector.state("tests")).toBeUndefined();
  await inspector.resetState("tests");
  await expect(inspector.verify("anything")).rejects.toMatchObject({ code: "MLR_TABLE_NOT_FOUND" });
  await client.query("CREATE SCHEMA millrace");
  for (const migration of MIGRATIONS) await client.query(migration);
});

describe("verify", () => {
  const kinds = Object.keys(TYPED_VALUES) as ScalarKind[];
  const columns: ColumnDefinition[] = [
    { name: "id", type: { kind: "integer" } },
    ...kinds.map((kind) => ({ name: `of_${kind}`, type: { kind } })),
    ...kinds.map((kind) => ({
      name: `list_of_${kind}`,
      type: { kind: "array", of: { kind } } as const,
      unordered: true,
    })),
  ];
  const table: PlacedTable = { namespace: "public", name: "every_type", columns, key: ["id"], mode: "merge" };
  const rows = Array.from({ length: 25 }, (_, id): Row => {
    const row: Row = { id };
    for (const kind of kinds) {
      const values = TYPED_VALUES[kind].map(([stored]) => stored);
      row[`of_${kind}`] = values[id] ?? null;
      row[`list_of_${kind}`] = values.slice(0, id);
    }
    return row;
  });

  beforeAll(async () => {
    await client.query(createTable(table));
    await register(table);
    await fill(table, rows);
  });

  test("finds every type equal after the round trip", async () => {
    expect(await inspector.verify("every_type")).toEqual({
      table: "every_type",
      rows: 25,
      equal: 25,
      different: 0,
      examples: [],
    });
  });

  test("reports the rows that others changed, each by its key", async () => {
    await client.query("UPDATE every_type SET of_text = 'changed' WHERE id IN (3, 4)");
    await client.query(
      "UPDATE every_type SET of_date = 'infinity', list_of_bytea = '{{a,b},{c,d}}' WHERE id = 5",
    );
    await client.query("UPDATE every_type SET of_numeric = of_numeric * 1.000 WHERE id = 2");
    expect(await inspector.verify("public.every_type")).toMatchObject({
      rows: 25,
      equal: 22,
      different: 3,
      examples: expect.arrayContaining([3, 4, 5].map((id) => ({ key: { id }, fields: null }))) as unknown,
    });
  });

  test("lists at most 100 keys", async () => {
    const many: PlacedTable = { ...table, name: "many", columns: columns.slice(0, 2) };
    await client.query(createTable(many));
    await register(many);
    await fill(
      many,
      Array.from({ length: 5000 }, (_, id) => ({ id, of_boolean: true })),
    );
    await client.query("UPDATE many SET of_boolean = false WHERE id % 10 = 0");
    const result = await inspector.verify("many");
    expect(result).toMatchObject({ rows: 5000, equal: 4500, different: 500 });
    expect(result.examples).toHaveLength(100);
  });

  test("pipelines that share a table may bring different columns", async () => {
    const shared: PlacedTable = {
      namespace: "public",
      name: "shared",
      columns: [
        { name: "source", type: { kind: "text" } },
        { name: "only_a", type: { kind: "integer" } },
        { name: "only_b", type: { kind: "text" } },
      ],
      key: ["source"],
      mode: "merge",
    };
    const [source, onlyA, onlyB] = shared.columns as [ColumnDefinition, ColumnDefinition, ColumnDefinition];
    await client.query(createTable(shared));
    const a = { ...shared, columns: [source, onlyA], discriminator: { column: "source", value: "a" } };
    const b = { ...shared, columns: [source, onlyB], discriminator: { column: "source", value: "b" } };
    await register(a, { pipeline: "pipeline-a" });
    await register(b, { pipeline: "pipeline-b" });
    await client.query("ALTER TABLE shared ADD COLUMN not_ours integer DEFAULT 5");
    await client.query("ALTER TABLE shared ALTER COLUMN only_a TYPE bigint");
    const hashA = Buffer.from(compileRowHasher(a.columns)({ source: "a", only_a: 1 }), "latin1");
    const hashB = Buffer.from(compileRowHasher(b.columns)({ source: "b", only_b: "x" }), "latin1");
    await client.query(
      "INSERT INTO shared (source, only_a, only_b, _row_hash, _run_id, _loaded_at) VALUES ('a', 1, NULL, $1, $3, now()), ('b', NULL, 'x', $2, $3, now())",
      [hashA, hashB, RUN],
    );
    expect(await inspector.verify("shared")).toMatchObject({ rows: 2, equal: 2 });
  });

  test.each([
    ["every_typ", "MLR_TABLE_NOT_FOUND", 'Did you mean "every_type"?'],
    ["nothing like it", "MLR_TABLE_NOT_FOUND", "Its tables: "],
  ])("says that there is no table %s", async (name, code, hint) => {
    await expect(inspector.verify(name)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
  });

  test("tables that cannot be verified are told apart", async () => {
    const base: PlacedTable = {
      namespace: "public",
      name: "x",
      columns: columns.slice(0, 2),
      key: ["id"],
      mode: "append",
    };
    await client.query(createTable({ ...base, name: "appended" }));
    await register({ ...base, name: "appended" });
    await expect(inspector.verify("appended")).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });

    await client.query(createTable({ ...base, mode: "merge", name: "old_hashes" }));
    await register({ ...base, mode: "merge", name: "old_hashes" }, { hashVersion: 0 });
    await expect(inspector.verify("old_hashes")).rejects.toMatchObject({ code: "MLR_SCHEMA_MISMATCH" });

    await register({ ...base, mode: "merge", name: "dropped" });
    await expect(inspector.verify("dropped")).rejects.toMatchObject({ code: "MLR_TABLE_NOT_FOUND" });

    await client.query(createTable({ ...base, mode: "merge", name: "altered" }));
    await register({ ...base, mode: "merge", name: "altered" });
    await client.query("ALTER TABLE altered ALTER COLUMN of_boolean TYPE varchar(5)");
    await expect(inspector.verify("altered")).rejects.toMatchObject({
      code: "MLR_SCHEMA_MISMATCH",
      message: expect.stringContaining(
        'column "of_boolean" of table "public.altered" is of type character varying(5)',
      ),
    });
    await client.query("ALTER TABLE altered DROP COLUMN of_boolean");
    await expect(inspector.verify("altered")).rejects.toThrow(/is gone/);

    await client.query("CREATE SCHEMA other");
    await client.query(createTable({ ...base, mode: "merge", namespace: "other", name: "many" }));
    await register({ ...base, mode: "merge", namespace: "other", name: "many" });
    await expect(inspector.verify("many")).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
      hint: "Say which one: other.many, public.many.",
    });
    expect(await inspector.verify("other.many")).toMatchObject({ rows: 0 });
  });

  test("names of schemas show where they are not the usual one", async () => {
    const tables = await inspector.tables();
    expect(tables).toContainEqual({ table: "other.many", pipeline: "tests", mode: "merge" });
    expect(tables).toContainEqual({ table: "many", pipeline: "tests", mode: "merge" });
  });
});

describe("history", () => {
  const table: PlacedTable = {
    namespace: "public",
    name: "prices",
    columns: [
      { name: "shop", type: { kind: "text" } },
      { name: "day", type: { kind: "date" } },
      { name: "price", type: { kind: "numeric" } },
      { name: "more", type: { kind: "json" } },
    ],
    key: ["shop", "day"],
    mode: "merge",
  };

  beforeAll(async () => {
    await client.query(createTable(table));
    for (const statement of createHistory(table)) await client.query(statement);
    await register(table);
    await fill(table, [
      { shop: "o'neill\\", day: 20000, price: "3.5", more: '{"big":9007199254740993,"list":[1,null]}' },
      { shop: "other", day: 20000, price: "1" },
    ]);
    await client.query(
      `INSERT INTO prices__history (shop, day, price, _row_hash, _run_id, _loaded_at, _operation, _changed, _archived_at, _archived_run)
       VALUES ($1, '2024-10-04', 1, '', $2, '2024-10-04T00:00Z', 'update', '{price}', '2024-10-05T00:00Z', $3),
              ($1, '2024-10-04', 2, '', $3, '2024-10-05T00:00Z', 'remove', '{}', '2024-10-06T12:00:00.5Z', $3),
              ('other', '2024-10-04', 2, '', $3, '2024-10-05T00:00Z', 'remove', '{}', '2024-10-06T12:00:00.5Z', $3)`,
      ["o'neill\\", RUN, LATER],
    );
  });

  test("gives every version of a row, newest first", async () => {
    expect(await inspector.history("prices", { shop: "o'neill\\", day: "2024-10-04" })).toEqual([
      {
        operation: "current",
        changed: [],
        run: RUN,
        from: "2023-11-14T22:13:20Z",
        to: null,
        values: {
          shop: "o'neill\\",
          day: "2024-10-04",
          price: "3.5",
          more: { big: "9007199254740993", list: [1, null] },
        },
      },
      {
        operation: "remove",
        changed: [],
        run: LATER,
        from: "2024-10-05T00:00:00Z",
        to: "2024-10-06T12:00:00.5Z",
        values: { shop: "o'neill\\", day: "2024-10-04", price: "2", more: null },
      },
      {
        operation: "update",
        changed: ["price"],
        run: RUN,
        from: "2024-10-04T00:00:00Z",
        to: "2024-10-05T00:00:00Z",
        values: { shop: "o'neill\\", day: "2024-10-04", price: "1", more: null },
      },
    ]);
    expect(await inspector.history("prices", { shop: "nobody", day: "2024-10-04" })).toEqual([]);
  });

  test("refuses what is not the key", async () => {
    await expect(inspector.history("prices", { shop: "x" })).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
      hint: "Give a value for each: --key shop=… --key day=….",
    });
    await expect(inspector.history("prices", { shop: "x", price: "1" })).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
    });
    await expect(inspector.history("prices", { shop: "x", day: "someday" })).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
      message: '"someday" is no date, which column "day" is',
    });
    await expect(inspector.history("prices", { shop: "x\0", day: "2024-10-04" })).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
    });
  });

  test("a table that keeps no history has the current version alone", async () => {
    const plain: PlacedTable = { ...table, name: "latest", mode: "upsert" };
    await client.query(createTable(plain));
    await register(plain);
    await client.query("INSERT INTO latest VALUES ('a', '2024-10-04', 5, NULL)");
    expect(await inspector.history("latest", { shop: "a", day: "2024-10-04" })).toEqual([
      {
        operation: "current",
        changed: [],
        run: null,
        from: null,
        to: null,
        values: { shop: "a", day: "2024-10-04", price: "5", more: null },
      },
    ]);
  });
});

describe("rehash", () => {
  const columns: ColumnDefinition[] = [
    { name: "id", type: { kind: "integer" } },
    { name: "value", type: { kind: "text" } },
  ];
  const json: ColumnDefinition[] = [
    columns[0] as ColumnDefinition,
    { name: "value", type: { kind: "json" } },
  ];

  test("after a text became JSON, only the rows that the widening names get another hash", async () => {
    const table: PlacedTable = { namespace: "public", name: "texts", columns, key: ["id"], mode: "merge" };
    const values = ["plain", "5", "[1]", "true", null, "", "x[1]", '"q"'];
    await client.query(createTable(table));
    await fill(
      table,
      values.map((value, id) => ({ id, value })),
    );
    const widening = widenColumn({ table, column: "value", from: { kind: "text" }, to: { kind: "json" } });
    await client.query("BEGIN");
    await client.query(widening?.statement ?? "");
    const changes: unknown[] = [];
    const changed = await rehash(client, {
      table,
      columns: json,
      where: widening?.rehash ?? "",
      changed: (before, after) => changes.push([before?.length, after.length]),
    });
    await client.query("COMMIT");
    expect(changed).toBe(4);
    expect(changes).toEqual([
      [32, 32],
      [32, 32],
      [32, 32],
      [32, 32],
    ]);
    await register({ ...table, columns: json });
    expect(await inspector.verify("texts")).toMatchObject({ rows: 8, equal: 8 });
  });

  test("a table of several thousand blocks is done in parts, and a second time writes nothing", async () => {
    const table: PlacedTable = { namespace: "public", name: "large", columns, key: ["id"], mode: "merge" };
    await client.query(createTable(table));
    await client.query(
      `INSERT INTO large SELECT i, repeat('x', 1500), '\\x00', $1, now() FROM generate_series(1, 10000) AS i`,
      [RUN],
    );
    await register(table);
    await client.query("BEGIN");
    expect(await rehash(client, { table, columns })).toBe(10_000);
    expect(await rehash(client, { table, columns })).toBe(0);
    await client.query("COMMIT");
    expect(await inspector.verify("large")).toMatchObject({ rows: 10_000, equal: 10_000 });
  });
});

describe("state", () => {
  beforeAll(async () => {
    await client.query(
      `INSERT INTO millrace.pipelines (pipeline, attempt, last_commit, run_id, finished) VALUES ('quakes', 9007199254740993, 7, $1, true);`.replace(
        "$1",
        `'${RUN}'`,
      ),
    );
    await client.query(
      `INSERT INTO millrace.checkpoints VALUES ('quakes', 'a', '{"page": 3}'), ('quakes', 'b', '"end"'), ('other', 'a', '1')`,
    );
    await client.query(
      `INSERT INTO millrace.epochs (pipeline, id, stream, table_name, scope, taints, side_table)
       VALUES ('quakes', 'e1', 's', 't', '{"day": "2026-11-21"}', '["limit"]', 'side "1"'), ('quakes', 'e2', 's', 't', NULL, '[]', NULL)`,
    );
    await client.query(`CREATE TABLE millrace."side ""1""" (id integer)`);
  });

  test("is what the last commit left", async () => {
    expect(await inspector.state("quakes")).toEqual({
      pipeline: "quakes",
      attempt: 9007199254740993n,
      lastCommit: 7n,
      run: RUN,
      finished: true,
      checkpoints: new Map<string, unknown>([
        ["a", { page: 3 }],
        ["b", "end"],
      ]),
      openEpochs: [
        { id: "e1", stream: "s", scope: { day: "2026-11-21" }, taints: ["limit"] },
        { id: "e2", stream: "s", taints: [] },
      ],
    });
    expect(await inspector.state("nobody")).toBeUndefined();
  });

  test("is not reset while a run is connected", async () => {
    await client.query(
      `UPDATE millrace.pipelines SET (backend_pid, backend_start) =
       (SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()) WHERE pipeline = 'quakes'`,
    );
    await expect(inspector.resetState("quakes")).rejects.toMatchObject({ code: "MLR_LEASE_HELD" });
    await client.query("UPDATE millrace.pipelines SET backend_start = backend_start - interval '1 hour'");
  });

  test("when reset loses checkpoints and open epochs, and keeps fence and commit id", async () => {
    await inspector.resetState("quakes");
    expect(await inspector.state("quakes")).toMatchObject({
      attempt: 9007199254740993n,
      lastCommit: 7n,
      checkpoints: new Map(),
      openEpochs: [],
    });
    const left = await client.query(
      `SELECT (SELECT count(*) FROM millrace.checkpoints) AS others, to_regclass('millrace."side ""1"""') AS side`,
    );
    expect(left.rows).toEqual([{ others: "1", side: null }]);
  });
});

test("leaving a read early leaves the connection usable, and one that the server ends does not hang", async () => {
  const own = new pg.Client(database.url);
  own.on("error", () => undefined);
  await own.connect();
  const columns: ColumnDefinition[] = [{ name: "text", type: { kind: "text" } }];
  const query = (count: number): string => `SELECT repeat('x', 1000) FROM generate_series(1, ${count})`;
  for await (const rows of readRows(own, query(20_000), columns)) {
    expect(rows.length).toBeGreaterThan(0);
    break;
  }
  const { rows } = await own.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const reading = (async () => {
    for await (const some of readRows(own, query(200_000), columns)) {
      if (some.length > 0) await client.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
    }
  })();
  await expect(reading).rejects.toThrow(/terminat|closed|ended/i);
  await own.end().catch(() => undefined);
});

test("calls that overlap are answered one after another", async () => {
  const [large, many, tables] = await Promise.all([
    inspector.verify("large"),
    inspector.verify("public.many"),
    inspector.tables(),
  ]);
  expect([large.rows, many.rows]).toEqual([10_000, 5000]);
  expect(tables.length).toBeGreaterThan(5);
});
