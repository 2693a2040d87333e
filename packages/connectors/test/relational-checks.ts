import {
  compileRowHasher,
  compileStore,
  parseColumnType,
  parseJsonExact,
  type BrowseFilter,
  type BrowseQuery,
  type ColumnDefinition,
  type Destination,
  type Json,
  type Row,
  type SchemaChange,
} from "@millrace/core";
import { TestPipeline } from "@millrace/core/testing";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { tableColumn } from "../src/shared/relational/columns/table-column.ts";
import { readTable, relationalDestination, type RelationalDialect } from "../src/shared/relational/index.ts";

/** A database with nothing in it. */
export interface RelationalHarness {
  readonly dialect: RelationalDialect;
  close?(): Promise<void>;
}

interface Vector {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly unordered?: boolean }[];
  readonly row: Readonly<Record<string, Json>>;
}

const VECTORS = new URL("../../core/src/hash/vectors.json", import.meta.url);

/** What the contract of destinations leaves open, and every database on the relational toolkit does alike. */
export function relationalChecks(name: string, create: () => Promise<RelationalHarness>): void {
  const check = (title: string, body: (world: World) => Promise<void>): void => {
    it(title, async () => {
      const { dialect, close } = await create();
      const world = worldOf(dialect);
      try {
        await body(world);
      } finally {
        for (const pipeline of world.opened) await pipeline.close().catch(() => undefined);
        await close?.();
      }
    });
  };

  describe(`${name}: a relational database`, () => {
    check("keeps every golden vector of the row hash", async ({ open, destination, takesName }) => {
      const all = (JSON.parse(readFileSync(VECTORS, "utf8")) as { vectors: Vector[] }).vectors;
      // Not every database has names with characters such as emoji.
      const vectors = all.filter((vector) => vector.columns.every((column) => takesName(column.name)));
      expect(all.length - vectors.length).toBeLessThanOrEqual(1);
      const session = (await open()).session;
      const count = vectors.length;
      for (const [index, vector] of vectors.entries()) {
        const columns = vector.columns.map((column): ColumnDefinition => ({
          ...column,
          type: parseColumnType(column.type),
        }));
        const id: ColumnDefinition = { name: "_id", type: { kind: "integer" } };
        const table = {
          name: `v${index}`,
          key: ["_id"],
          mode: "merge" as const,
          columns: [id, ...columns],
        };
        await session.define(table);
        const row: Row = { _id: index };
        for (const column of columns) {
          const value = untag(vector.row[column.name] ?? null);
          row[column.name] = compileStore(column.type, { declared: true })(value);
        }
        const hashes = [compileRowHasher(table.columns)(row)];
        await session.write(table.name, {
          slice: "main",
          sequence: index + 1,
          rows: [row],
          hashes,
          epochs: [],
        });
      }
      await session.commit({
        id: 1n,
        checkpoints: new Map(),
        begun: [],
        completed: [],
        taints: new Map(),
        discarded: [],
        counts: {},
        final: true,
      });
      const inspector = await destination.inspect();
      try {
        for (const [index, vector] of vectors.entries()) {
          const result = await inspector.verify(`v${index}`);
          expect([result.rows, result.equal], vector.name).toEqual([1, 1]);
        }
        expect(count).toBeGreaterThanOrEqual(40);
      } finally {
        await inspector.close();
      }
    });

    check("gives rows page by page: live, removed and refused ones, filtered and in order", async (world) => {
      const pipeline = await world.open();
      const columns = {
        shop: "integer",
        name: "text",
        price: "numeric(8,2)",
        weight: "double",
        at: "timestamptz",
      };
      await pipeline.table("items", { key: ["shop", "name"], mode: "merge", columns });
      const rows = Array.from({ length: 25 }, (_, index): Row => ({
        shop: Math.floor(index / 3),
        name: `it'em % ${index % 3}`,
        price: index % 4 === 0 ? null : `${index}.5`,
        weight: index % 4 === 0 ? null : index + 0.5,
        at: new Date(1_700_000_000_000 + index * 1_000),
      }));
      await pipeline.read("items", rows);
      await pipeline.commit();
      await pipeline.read("items", rows.slice(0, 20));
      await pipeline.commit();
      const inspector = await world.destination.inspect();
      try {
        const browse = inspector.browse?.bind(inspector);
        if (browse === undefined) throw new Error("it cannot be browsed");
        const walk = async (query: Partial<BrowseQuery>): Promise<Json[][]> => {
          const seen: Json[][] = [];
          for (let after: string | undefined; ;) {
            const page = await browse("items", { of: "live", limit: 7, ...query, after });
            const at = page.columns.findIndex(({ name: column }) => column === "at");
            seen.push(...page.rows.map((row) => [...row, row[at] ?? null]));
            if (page.next === undefined) return seen;
            after = page.next;
          }
        };
        const times = async (query: Partial<BrowseQuery>): Promise<number[]> =>
          (await walk(query)).map((row) => (Date.parse(String(row.at(-1))) - 1_700_000_000_000) / 1_000);
        const all = Array.from({ length: 20 }, (_, index) => index);
        expect(await times({})).toEqual(all);
        expect(await times({ sort: { column: "shop", descending: true } })).toEqual(all.toReversed());
        const where = (
          column: string,
          operator: BrowseFilter["operator"],
          value?: string,
        ): Partial<BrowseQuery> => ({
          filters: [{ column, operator, ...(value === undefined ? {} : { value }) }],
        });
        for (const column of world.ordersDecimals ? ["weight", "price"] : ["weight"]) {
          for (const descending of [false, true]) {
            const sorted = await times({ sort: { column, descending } });
            expect(sorted.toSorted((a, b) => a - b)).toEqual(all);
            expect(sorted.slice(-5).toSorted((a, b) => a - b)).toEqual([0, 4, 8, 12, 16]);
            expect(sorted[0]).toBe(descending ? 19 : 1);
          }
          expect(await times(where(column, ">=", "17"))).toEqual([17, 18, 19]);
        }
        // Decimals kept as text would come in the order of their characters: 10 before 9.
        if (!world.ordersDecimals) {
          for (const wrong of [
            { sort: { column: "price", descending: false } },
            where("price", ">=", "17"),
          ]) {
            await expect(walk(wrong)).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
          }
        }
        expect(await times(where("price", "null"))).toEqual([0, 4, 8, 12, 16]);
        expect(await times(where("price", "!=", "1.50"))).toHaveLength(19);
        expect(await times(where("name", "=", "it'em % 1"))).toHaveLength(7);
        expect(await times(where("name", "contains", "IT'EM % 2"))).toHaveLength(6);
        expect(await times(where("name", "contains", "_"))).toEqual([]);
        expect(await times(where("name", "=", "' OR 1=1 --"))).toEqual([]);
        expect((await times({ of: "removed" })).toSorted((a, b) => a - b)).toEqual([20, 21, 22, 23, 24]);
        expect(await walk({ of: "quarantine" })).toEqual([]);
        for (const wrong of [where("price", "=", "cheap"), where("prize", "null"), { limit: 0 }]) {
          await expect(walk(wrong)).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
        }
        await expect(browse("items", { of: "live", limit: 7, after: "x" })).rejects.toMatchObject({
          code: "MLR_ARGUMENT_INVALID",
        });
      } finally {
        await inspector.close();
      }
    });

    check("turns a column into one of texts when a value comes that its type cannot hold", async (world) => {
      const pipeline = await world.open();
      const options = {
        key: ["id"],
        mode: "merge" as const,
        columns: { d: "double", n: "numeric(6,2)", r: "real" },
      };
      await pipeline.table("t", options);
      const before = [
        { id: 1, d: 0.1, n: "1.50", r: 0.5 },
        { id: 2, d: 1e21, n: "-0.05", r: Math.fround(0.1) },
        { id: 3, d: 5e-324 },
      ];
      await pipeline.write("t", before);
      await pipeline.commit();
      await pipeline.write("t", [{ id: 4, d: 2 }]);
      await pipeline.write("t", [{ id: 5, d: Number.NaN, n: "NaN", r: Number.POSITIVE_INFINITY }]);
      expect((await pipeline.commit()).tables["t"]).toMatchObject({ inserted: 2 });
      await pipeline.write("t", before);
      expect((await pipeline.commit()).tables["t"]).toMatchObject({ unchanged: 3 });
      await pipeline.close();
      const again = await world.open();
      expect(await again.table("t", options)).toEqual([]);
      expect(await world.verified("t")).toEqual([5, 5]);
      const rows = await world.rows("t");
      expect(rows.find(({ id }) => id === 5)).toEqual({
        id: 5,
        d: Number.NaN,
        n: "NaN",
        r: Number.POSITIVE_INFINITY,
      });
      expect(rows.find(({ id }) => id === 2)).toEqual({ id: 2, d: 1e21, n: "-0.05", r: Math.fround(0.1) });
    });

    check("widens every type to text and to JSON so that no hash is wrong", async (world) => {
      const types = [
        "boolean",
        "smallint",
        "integer",
        "bigint",
        "numeric(8,3)",
        "numeric",
        "real",
        "double",
        "text",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "interval",
        "uuid",
        "bytea",
        "integer[]",
        "text[]",
      ];
      const values: Record<string, unknown> = {
        boolean: true,
        smallint: -5,
        integer: 70_000,
        bigint: 9_007_199_254_740_993n,
        "numeric(8,3)": "12.500",
        numeric: "-0.000000000000000001",
        real: Math.fround(0.1),
        double: 1e21,
        text: '5\u0001\t\n"\\\u{1f600}\u007f',
        date: "2026-01-02",
        time: "10:20:30.5",
        timestamp: "2026-01-02T00:00:00",
        timestamptz: "2026-01-02T10:20:30.000001Z",
        interval: "P14M3DT12.5S",
        uuid: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        bytea: new Uint8Array([0, 255, 92]),
        "integer[]": [1, null],
        "text[]": ["a", null],
      };
      const named = (what: string): string => `c${types.indexOf(what)}`;
      const columns = Object.fromEntries(types.map((type) => [named(type), type]));
      const row = Object.fromEntries(types.map((type) => [named(type), values[type]]));
      for (const target of ["text", "json"]) {
        const table = `to_${target}`;
        const options = { key: ["id"], mode: "merge" as const, columns };
        const first = await world.open();
        await first.table(table, options);
        await first.write(table, [
          { id: 1, ...row },
          { id: 2 },
          { id: 3, c8: "true" },
          { id: 4, c8: "plain" },
        ]);
        await first.commit();
        await first.write(table, [{ id: 2, c8: "{not json" }]);
        await first.commit();
        const definition = await first.session.existing({ name: table });
        await first.close();
        const second = await world.open();
        const wide = {
          ...(definition ?? { name: table, key: ["id"], mode: "merge" as const }),
          columns: (definition?.columns ?? []).map((column) =>
            column.name === "id" ? column : { ...column, type: parseColumnType(target) },
          ),
        };
        const changes: readonly SchemaChange[] = await second.session.define(wide);
        expect(changes.filter(({ kind }) => kind === "widen-column").length).toBeGreaterThanOrEqual(
          target === "json" ? types.length : 15,
        );
        await second.commit();
        await second.close();
        expect(await world.verified(table), target).toEqual([4, 4]);
      }
    });

    check("adopts an empty table of the right shape, and refuses one that holds rows", async (world) => {
      const first = await world.open("first");
      await first.table("t", { mode: "append" });
      await first.write("t", [{ a: 1 }]);
      await first.commit();
      await first.close();
      const second = await world.open("second");
      await expect(second.table("t", { mode: "append", columns: { a: "integer" } })).rejects.toMatchObject({
        code: "MLR_TABLE_OWNED",
      });
      await second.close();
      const third = await world.open("first");
      await expect(
        third.table("t", { mode: "upsert", key: ["a"], columns: { a: "integer" } }),
      ).rejects.toMatchObject({
        code: "MLR_SCHEMA_MISMATCH",
      });
    });

    check("keeps quarantined rows of several pipelines in a table that nobody owns", async (world) => {
      for (const pipeline of ["one", "two"]) {
        const { session, ...rest } = await internalSession(world, pipeline);
        await session.define(rest.table);
        await session.write(rest.table.name, {
          slice: "main",
          sequence: 1,
          rows: [{ row: '{"a":1}', line: 5 }],
          epochs: [],
        });
        const { tables } = await session.commit(emptyCut());
        expect(tables).toEqual({});
        await session.close();
      }
    });

    check("finds keys that differ in case, accents and spaces alone", async (world) => {
      const pipeline = await world.open();
      await pipeline.table("t", { key: ["k"], mode: "merge" });
      const keys = ["a", "A", "á", "a ", " a", "ａ", "a\t", "ß", "ss"];
      await pipeline.read(
        "t",
        keys.map((k) => ({ k, v: 1 })),
      );
      expect((await pipeline.commit()).tables["t"]).toMatchObject({ inserted: keys.length, duplicates: 0 });
      await pipeline.read(
        "t",
        keys.slice(1).map((k) => ({ k, v: k === "A" ? 2 : 1 })),
      );
      expect((await pipeline.commit()).tables["t"]).toMatchObject({
        updated: 1,
        unchanged: keys.length - 2,
        removed: 1,
      });
      expect(await world.verified("t")).toEqual([keys.length - 1, keys.length - 1]);
    });

    check("carries names and values of any characters", async (world) => {
      const hostile = `we"ird \`na'me]; -- \\ é`;
      const { session } = await world.open();
      const table = {
        name: `t ${hostile}`,
        key: ["id"],
        mode: "merge" as const,
        columns: [
          { name: "id", type: { kind: "text" as const } },
          { name: hostile, type: { kind: "text" as const } },
        ],
      };
      const hash = compileRowHasher(table.columns);
      for (const [index, value] of [hostile, "'; DROP TABLE x; --", "%_\\", ""].entries()) {
        await session.define(table);
        const rows = [{ id: hostile, [hostile]: value }];
        await session.write(table.name, {
          slice: "main",
          sequence: index + 1,
          rows,
          hashes: rows.map(hash),
          epochs: [],
        });
        const { tables } = await session.commit({ ...emptyCut(), id: BigInt(index + 1) });
        expect(tables[table.name]).toMatchObject(index === 0 ? { inserted: 1 } : { updated: 1 });
      }
      await session.close();
      expect(await world.verified(table.name)).toEqual([1, 1]);
      expect(await world.rows(table.name)).toEqual([{ id: hostile, [hostile]: "" }]);
    });

    check("sees in a full run what others changed", async (world) => {
      const { harnessUpdate } = world;
      const pipeline = await world.open();
      const options = { key: ["id"], mode: "merge" as const };
      await pipeline.table("t", options);
      await pipeline.write("t", [
        { id: 1, v: "a" },
        { id: 2, v: "b" },
      ]);
      await pipeline.commit({ final: true });
      await pipeline.close();
      await harnessUpdate("t", "v", "changed");
      const full = await world.open("pipeline", true);
      await full.table("t", options);
      await full.read("t", [
        { id: 1, v: "a" },
        { id: 2, v: "changed" },
      ]);
      expect((await full.commit({ final: true })).tables["t"]).toMatchObject({ updated: 1, unchanged: 1 });
    });
  });
}

interface World {
  readonly destination: Destination & { inspect: NonNullable<Destination["inspect"]> };
  readonly opened: TestPipeline[];
  /** Whether a column can have the name. */
  takesName(name: string): boolean;
  /** Whether decimals are kept as numbers, not as texts, which sort by their characters. */
  readonly ordersDecimals: boolean;
  open(pipeline?: string, full?: boolean): Promise<TestPipeline>;
  rows(table: string): Promise<readonly Row[]>;
  /** Rows, and those that are as they were stored. */
  verified(table: string): Promise<readonly [number, number]>;
  /** Sets a column of all rows to a text, behind the destination's back. */
  harnessUpdate(table: string, column: string, value: string): Promise<void>;
}

function worldOf(dialect: RelationalDialect): World {
  const destination: World["destination"] = relationalDestination(dialect);
  const opened: TestPipeline[] = [];
  let attempt = 0n;
  return {
    destination,
    opened,
    takesName(name) {
      try {
        return dialect.quote(name) !== "";
      } catch {
        return false;
      }
    },
    ordersDecimals:
      tableColumn(dialect, { name: "n", type: { kind: "numeric", precision: 8, scale: 2 } }).form !== "text",
    async open(pipeline = "pipeline", full = false) {
      const run = "00000000-0000-4000-8000-000000000009";
      const session = await destination.open({ pipeline, attempt: ++attempt, run }, { full });
      const made = new TestPipeline({ destination, session, run, attempt });
      opened.push(made);
      return made;
    },
    rows: async (table) => withoutNulls(await readTable(dialect, table)),
    async verified(table) {
      const inspector = await destination.inspect();
      try {
        const { rows, equal } = await inspector.verify(table);
        return [rows, equal];
      } finally {
        await inspector.close();
      }
    },
    async harnessUpdate(table, column, value) {
      const connection = await dialect.connect({ name: "somebody else", signal: undefined });
      const namespace = await dialect.defaultNamespace(connection);
      const reference = dialect.table({ namespace, name: table });
      await connection.execute(
        `UPDATE ${reference} SET ${dialect.quote(column)} = ${dialect.literal(value)}`,
      );
      await connection.close();
    },
  };
}

async function internalSession(
  world: World,
  pipeline: string,
): Promise<{ session: TestPipeline["session"]; table: Parameters<TestPipeline["session"]["define"]>[0] }> {
  const { session } = await world.open(pipeline);
  const columns: ColumnDefinition[] = [
    { name: "row", type: { kind: "json" } },
    { name: "line", type: { kind: "bigint" } },
  ];
  return { session, table: { name: "t__quarantine", key: [], mode: "append", internal: true, columns } };
}

function emptyCut(): Parameters<TestPipeline["session"]["commit"]>[0] {
  return {
    id: 1n,
    checkpoints: new Map(),
    begun: [],
    completed: [],
    taints: new Map(),
    discarded: [],
    counts: {},
    final: true,
  };
}

function withoutNulls(rows: readonly Row[]): Row[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined)),
  );
}

/** Values that JSON cannot say are written as an object with one key that begins with "$". */
function untag(value: Json): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const [tag, text] = Object.entries(value)[0] ?? ["", ""];
  switch (tag) {
    case "$number":
      return Number(text);
    case "$bigint":
      return BigInt(String(text));
    case "$bytes":
      return Buffer.from(String(text), "hex");
    case "$date":
      return new Date(String(text));
    case "$json":
      return parseJsonExact(String(text));
    default:
      throw new Error(`unknown tag ${tag}`);
  }
}
