import { describe, expect, it } from "vitest";
import type { Capabilities } from "../capabilities.ts";
import { MillraceError } from "../errors.ts";
import { tableOptions, type TableOptions } from "../table-options.ts";
import { compileRowHasher } from "../hash/row-hasher.ts";
import { SCALAR_KINDS } from "./column-type.ts";
import { TableShaper, type TableShaperOptions } from "./shaper.ts";
import { isStored } from "./storage.ts";
import { formatColumnType } from "./type-text.ts";

const capabilities: Capabilities = {
  transactions: true,
  modes: ["append", "replace", "upsert", "merge", "snapshot"],
  types: SCALAR_KINDS,
  arrays: true,
  identifiers: { maxBytes: 63 },
  dryRun: true,
};

function shaperFor(options: TableOptions = {}, more: Partial<TableShaperOptions> = {}): TableShaper {
  return new TableShaper({ table: "t", options: tableOptions.parse(options), capabilities, ...more });
}

function typesOf(shaper: TableShaper): Record<string, string> {
  return Object.fromEntries(
    shaper.definition.columns.map((column) => [column.name, formatColumnType(column.type)]),
  );
}

function errorOf(action: () => unknown): MillraceError {
  try {
    action();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("shaping rows", () => {
  it("tells of what is nested too deeply for any column that it is, whatever type the column has", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 1000; level++) deep = [deep];
    const { rows, rejected } = shaperFor().shape([{ n: deep }, { n: 1 }]);
    expect(rows).toEqual([{ n: 1 }]);
    expect(rejected[0]?.message).toContain("nested deeper than 500 levels");
  });

  it("passes rows that are in storage form through as the same objects", () => {
    const shaper = shaperFor();
    const rows = [
      { id: 1, name: "a", score: 1.5, ok: true },
      { id: 2, name: null, score: 2, ok: false },
    ];
    const shaped = shaper.shape(rows);
    expect(shaped.rows[0]).toBe(rows[0]);
    expect(shaped.rows[1]).toBe(rows[1]);
    expect(shaped).toMatchObject({ changed: true, rejected: [] });
    expect(typesOf(shaper)).toEqual({ id: "integer", name: "text", score: "double", ok: "boolean" });
    expect(shaper.shape(rows).changed).toBe(false);
  });

  it("renames, converts and leaves the source's rows alone", () => {
    const shaper = shaperFor();
    const row = {
      userId: 7,
      "Magnitude Type": "ml",
      time: "2026-11-21T10:00:00+02:00",
      more: { b: 1, a: [2] },
    };
    const copy = structuredClone(row);
    const shaped = shaper.shape([row]);
    expect(shaped.rows).toEqual([
      { user_id: 7, magnitude_type: "ml", time: 1795248000000000, more: '{"a":[2],"b":1}' },
    ]);
    expect(row).toEqual(copy);
    expect(typesOf(shaper)).toMatchObject({ time: "timestamptz", more: "json" });
  });

  it("stores values of a batch again when a later row widens their column", () => {
    const shaper = shaperFor();
    const shaped = shaper.shape([{ a: 1 }, { a: 3_000_000_000 }, { a: "x" }, { a: true }]);
    expect(shaped.rows).toEqual([{ a: "1" }, { a: "3000000000" }, { a: "x" }, { a: "true" }]);
    expect(typesOf(shaper)).toEqual({ a: "text" });
  });

  it("widens a column between batches and adds new ones", () => {
    const shaper = shaperFor();
    shaper.shape([{ a: 1, d: "2026-01-01" }]);
    expect(shaper.shape([{ a: 2 }, { a: 1.5, b: "new" }]).rows).toEqual([{ a: 2 }, { a: 1.5, b: "new" }]);
    expect(shaper.shape([{ d: "2026-01-02T03:04:05" }]).changed).toBe(true);
    expect(typesOf(shaper)).toEqual({ a: "double", d: "timestamp", b: "text" });
    expect(shaper.shape([{ d: "2026-01-01" }]).rows).toEqual([{ d: 1767225600000000 }]);
  });

  it("creates no column while there are only nulls", () => {
    const shaper = shaperFor();
    const shaped = shaper.shape([{ a: 1, b: null, c: undefined }]);
    expect(typesOf(shaper)).toEqual({ a: "integer" });
    expect(shaped.rows).toHaveLength(1);
    shaper.shape([{ a: 1, b: "x" }]);
    expect(typesOf(shaper)).toEqual({ a: "integer", b: "text" });
  });
});

describe("keys", () => {
  it("reject rows without them, naming the column, and go on", () => {
    const shaper = shaperFor({ key: ["id"] });
    const shaped = shaper.shape([{ id: 1 }, { id: null, a: 1 }, { a: 2 }, { id: 2 }]);
    expect(shaped.rows).toEqual([{ id: 1 }, { id: 2 }]);
    expect(shaped.kept).toEqual([0, 3]);
    expect(shaped.rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, "MLR_ROW_KEY_MISSING"],
      [2, "MLR_ROW_KEY_MISSING"],
    ]);
    expect(shaped.hashes).toHaveLength(2);
    expect(typesOf(shaper)).toEqual({ id: "integer" });
  });

  it("reject every row where no row has the column, saying what rows have, and define no table", () => {
    const shaper = shaperFor({ key: ["idd"] });
    const shaped = shaper.shape([{ id: 1, name: "a" }, { id: 2 }]);
    expect(shaped).toMatchObject({ rows: [], changed: false });
    expect(shaped.rejected).toHaveLength(2);
    expect(shaped.rejected[0]?.message).toBe('key column "idd" has no value; the row has id, name');
    expect(shaper.definition.columns).toEqual([]);
  });

  it("are found under the source's names and the table's", () => {
    for (const key of ["userId", "user_id"]) {
      const shaper = shaperFor({ key: [key] });
      expect(shaper.shape([{ userId: 1 }]).rows).toEqual([{ user_id: 1 }]);
      expect(shaper.definition).toMatchObject({ key: ["user_id"], mode: "merge" });
      expect(shaper.definition.columns[0]).toMatchObject({ name: "user_id", nullable: false });
    }
  });

  it("come from the source where the table's options say none", () => {
    expect(shaperFor({}, { key: ["a"] }).definition).toMatchObject({ key: ["a"], mode: "merge" });
    expect(shaperFor({ key: ["b"], mode: "upsert" }, { key: ["a"] }).definition).toMatchObject({
      key: ["b"],
      mode: "upsert",
    });
    const shaper = shaperFor();
    shaper.declare({ name: "s", key: ["a"] });
    expect(shaper.definition).toMatchObject({ key: ["a"], mode: "merge" });
    expect(errorOf(() => shaper.declare({ name: "s", key: ["b"] })).code).toBe("MLR_SCHEMA_MISMATCH");
  });

  it("widen from integer to bigint to numeric to text, and reject what would change them otherwise", () => {
    const shaper = shaperFor({ key: ["id"] });
    for (const id of [1, 5_000_000_000, 2n ** 70n, "x"]) expect(shaper.shape([{ id }]).rejected).toEqual([]);
    expect(typesOf(shaper)).toEqual({ id: "text" });
    const other = shaperFor({ key: ["id"] });
    other.shape([{ id: 1 }]);
    const shaped = other.shape([{ id: 1.5, extra: 1 }, { id: { a: 1 } }, { id: 2 }]);
    expect(shaped.rejected.map(({ index, code }) => [index, code])).toEqual([
      [0, "MLR_ROW_INVALID"],
      [1, "MLR_ROW_INVALID"],
    ]);
    expect(typesOf(other)["id"]).toBe("integer");
  });

  it("are required by the modes that compare", () => {
    expect(errorOf(() => shaperFor({ mode: "merge" }).shape([{ a: 1 }])).code).toBe("MLR_SCHEMA_INVALID");
    expect(shaperFor({ mode: "append" }).shape([{ a: 1 }]).rows).toHaveLength(1);
  });
});

describe("names", () => {
  it("that become one fail, naming both", () => {
    const error = errorOf(() => shaperFor().shape([{ userId: 1, user_id: 2 }]));
    expect(error.code).toBe("MLR_SCHEMA_COLLISION");
    expect(error.message).toContain('"userId" and "user_id"');
    expect(error.hint).toContain("rename");
  });

  it("that each table of the destination has are refused", () => {
    const shaper = shaperFor(
      {},
      { capabilities: { ...capabilities, identifiers: { maxBytes: 63, reserved: ["ctid"] } } },
    );
    const error = errorOf(() => shaper.shape([{ id: 1, CTID: "x" }]));
    expect([error.code, error.message]).toEqual([
      "MLR_SCHEMA_COLLISION",
      expect.stringContaining("each table of the destination"),
    ]);
  });

  it("that the table keeps for itself are refused", () => {
    expect(errorOf(() => shaperFor({ key: ["id"] }).shape([{ id: 1, _row_hash: "x" }])).code).toBe(
      "MLR_SCHEMA_COLLISION",
    );
    expect(shaperFor().shape([{ _row_hash: "x" }]).rows).toHaveLength(1);
  });

  it("of existing columns are used as they are", () => {
    const existing = shaperFor().definition;
    const shaper = shaperFor(
      {},
      { existing: { ...existing, columns: [{ name: "userId", type: { kind: "integer" } }] } },
    );
    expect(shaper.shape([{ userId: 1 }]).rows).toEqual([{ userId: 1 }]);
  });

  it("that every object inherits are the row's own or null", () => {
    const shaper = shaperFor();
    const shaped = shaper.shape([{ constructor: "Ferrari", id: 1 }, { id: 2 }] as never);
    expect(Object.hasOwn(shaped.rows[1] ?? {}, "constructor")).toBe(true);
    expect(shaped.rows[1]?.["constructor"]).toBeNull();
  });

  it("may be hostile", () => {
    const row = JSON.parse('{"__proto__": 1, "a\\"b": 2}') as Record<string, unknown>;
    const shaped = shaperFor().shape([row]);
    expect(Object.keys(shaped.rows[0] ?? {}).sort()).toEqual(["__proto___", "a_b"]);
  });
});

describe("contracts", () => {
  const existing = (() => {
    const shaper = shaperFor();
    shaper.shape([{ id: 1, name: "a" }]);
    return shaper.definition;
  })();

  it("freeze fails where rows would change the table", () => {
    const shaper = shaperFor({ contract: "freeze" }, { existing });
    expect(shaper.shape([{ id: 2, name: null, other: null }]).rows).toHaveLength(1);
    for (const row of [{ id: 1, other: 1 }, { id: "x" }]) {
      const error = errorOf(() => shaper.shape([row]));
      expect(error.code).toBe("MLR_SCHEMA_FROZEN");
      expect(error.message).toContain(`"${Object.keys(row).at(-1)}"`);
    }
    expect(shaper.shape([{ id: 1, name: "a\0" }]).rejected[0]?.code).toBe("MLR_ROW_INVALID");
  });

  it("discard drops unknown columns and rejects what does not fit", () => {
    const shaped = shaperFor({ contract: "discard" }, { existing }).shape([
      { id: 2, other: { a: 1 } },
      { id: "x" },
    ]);
    expect(shaped.rows).toEqual([{ id: 2, name: null }]);
    expect(shaped.rejected).toMatchObject([{ index: 1, code: "MLR_ROW_INVALID" }]);
    expect(shaped.changed).toBe(false);
  });

  it("quarantine rejects rows with unknown columns", () => {
    const shaped = shaperFor({ contract: "quarantine" }, { existing }).shape([
      { id: 2, other: 1 },
      { id: 3 },
    ]);
    expect(shaped.rows).toEqual([{ id: 3 }]);
    expect(shaped.rejected[0]?.message).toContain('"other": the table has no such column');
  });

  it("let the first batch define a table that does not exist", () => {
    for (const contract of ["freeze", "discard", "quarantine"] as const) {
      const shaper = shaperFor({ contract });
      expect(shaper.shape([{ a: 1 }, { a: 1.5, b: "x" }]).rows).toHaveLength(2);
      expect(typesOf(shaper)).toEqual({ a: "double", b: "text" });
      if (contract === "freeze") expect(() => shaper.shape([{ c: 1 }])).toThrow(MillraceError);
      else expect(shaper.shape([{ c: 1 }]).changed).toBe(false);
    }
  });
});

describe("declared columns", () => {
  it("never widen: what does not fit is rejected with the value and the type", () => {
    const shaper = shaperFor({ columns: { amount: "numeric(5,2)", at: "timestamptz" } });
    const shaped = shaper.shape([
      { amount: "12.345", at: "2026-01-01" },
      { amount: 1234.5 },
      { at: "soon" },
      { amount: "x".repeat(500) },
    ]);
    expect(shaped.rows).toEqual([{ amount: "12.35", at: 1767225600000000 }]);
    expect(shaped.rejected).toHaveLength(3);
    expect(shaped.rejected[0]?.message).toContain('column "amount": 1234.5 is no numeric(5,2)');
    expect(shaped.rejected[2]?.message.length).toBeLessThan(200);
    expect(typesOf(shaper)).toEqual({ amount: "numeric(5,2)", at: "timestamptz" });
  });

  it("stay as they are when the same batch brings new columns", () => {
    const shaper = shaperFor({ columns: { amount: "numeric(5,2)" } });
    const shaped = shaper.shape([{ extra: 1, amount: 1 }, { amount: "soon" }, { amount: 12_345 }]);
    expect(shaped.rejected.map(({ index }) => index)).toEqual([1, 2]);
    expect(typesOf(shaper)).toEqual({ amount: "numeric(5,2)", extra: "integer" });
  });

  it("of the source take times as storage form has them, and never become narrower", () => {
    const shaper = shaperFor({}, { declared: [{ name: "seenAt", type: { kind: "timestamptz" } }] });
    const rows = [{ seen_at: 1.7e15 }];
    expect(shaper.shape(rows).rows[0]).toBe(rows[0]);
    const existing = { ...shaper.definition, columns: [{ name: "n", type: { kind: "text" } as const }] };
    expect(
      typesOf(shaperFor({}, { existing, declared: [{ name: "n", type: { kind: "integer" } }] })),
    ).toEqual({ n: "text" });
  });

  it("may not be null where they say so", () => {
    const shaper = shaperFor({}, { declared: [{ name: "a", type: { kind: "integer" }, nullable: false }] });
    const shaped = shaper.shape([{ a: 1 }, { b: 2 }, { a: null }]);
    expect(shaped.rows).toEqual([{ a: 1 }]);
    expect(shaped.rejected.map(({ code }) => code)).toEqual(["MLR_ROW_INVALID", "MLR_ROW_INVALID"]);
  });

  it("can be added in the middle of a run", () => {
    const shaper = shaperFor();
    shaper.shape([{ a: 1 }]);
    shaper.declare({
      name: "s",
      columns: [
        { name: "a", type: { kind: "bigint" } },
        { name: "b", type: { kind: "uuid" } },
      ],
    });
    expect(typesOf(shaper)).toEqual({ a: "bigint", b: "uuid" });
    expect(shaper.shape([{ a: "7", b: "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11" }]).rows).toEqual([
      { a: 7, b: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
    ]);
  });

  it("that exist as not null become nullable when rows need it, and only then", () => {
    const existing = {
      ...shaperFor().definition,
      columns: [{ name: "a", type: { kind: "integer" } as const, nullable: false }],
    };
    const shaper = shaperFor({}, { existing });
    expect(shaper.shape([{ a: 1 }])).toMatchObject({ changed: false });
    expect(shaper.shape([{ a: 1 }, { a: null }])).toMatchObject({ changed: true, rejected: [] });
    expect(shaper.definition.columns[0]?.nullable).toBeUndefined();
    expect(shaperFor({ contract: "freeze" }, { existing }).shape([{ a: null }]).rejected).toHaveLength(1);
  });
});

describe("sources that know only text", () => {
  it("have numbers and booleans inferred, and empty strings stored as null", () => {
    const shaper = shaperFor({ key: ["id"] });
    const rows = [
      { id: "1", price: "1.50", on: "true", zip: "01234", note: "" },
      { id: "2", price: "2", on: "", zip: "99999", note: "" },
    ];
    const shaped = shaper.shape(rows, { untyped: true });
    expect(shaped.rows).toEqual([
      { id: 1, price: "1.5", on: true, zip: "01234" },
      { id: 2, price: "2", on: null, zip: "99999" },
    ]);
    expect(typesOf(shaper)).toEqual({ id: "integer", price: "numeric", on: "boolean", zip: "text" });
    expect(shaper.shape([{ id: "" }], { untyped: true }).rejected[0]?.code).toBe("MLR_ROW_KEY_MISSING");
  });

  it("leave nothing of an empty string in rows before the one that creates its column", () => {
    const shaped = shaperFor().shape(
      [
        { a: "1", b: "" },
        { a: "2", b: "5" },
      ],
      { untyped: true },
    );
    expect(shaped.rows.map((row) => row["b"] ?? null)).toEqual([null, 5]);
  });

  it("keep texts as they were written when a column turns out to be text", () => {
    const shaper = shaperFor();
    expect(shaper.shape([{ code: "1.50" }, { code: "007" }], { untyped: true }).rows).toEqual([
      { code: "1.50" },
      { code: "007" },
    ]);
  });

  it("may keep empty strings", () => {
    expect(shaperFor().shape([{ a: "" }], { untyped: true, keepEmpty: true }).rows).toEqual([{ a: "" }]);
  });
});

describe("what a pipeline fills in itself", () => {
  const discriminator = { column: "Region", value: "eu" };

  it("is added to each row, and rows of others are rejected", () => {
    const shaper = shaperFor({ key: ["id", "region"], discriminator });
    const shaped = shaper.shape([{ id: 1 }, { id: 2, region: "eu" }, { id: 3, region: "us" }]);
    expect(shaped.rows).toEqual([
      { region: "eu", id: 1 },
      { region: "eu", id: 2 },
    ]);
    expect(shaped.rejected).toMatchObject([{ index: 2, code: "MLR_ROW_INVALID" }]);
    expect(shaper.definition.discriminator).toEqual({ column: "region", value: "eu" });
  });

  it("has to be part of the key", () => {
    expect(errorOf(() => shaperFor({ key: ["id"], discriminator }).shape([{ id: 1 }])).code).toBe(
      "MLR_SCHEMA_INVALID",
    );
  });
});

describe("destinations that lack types", () => {
  const poor: Capabilities = { ...capabilities, types: ["text", "integer", "bigint"], arrays: false };

  it("get text instead, the same on every run", () => {
    const row = { n: 1, at: "2026-01-01T00:00:00", more: { b: 1, a: "x" }, ok: true };
    const shaper = shaperFor({}, { capabilities: poor });
    const first = shaper.shape([row]).rows;
    expect(first).toEqual([{ n: 1, at: "2026-01-01T00:00:00", more: '{"a":"x","b":1}', ok: "true" }]);
    expect(shaperFor({}, { capabilities: poor, existing: shaper.definition }).shape([row]).rows).toEqual(
      first,
    );
  });

  it("get declared types checked all the same", () => {
    const shaper = shaperFor({ columns: { d: "date", tags: "text[]" } }, { capabilities: poor });
    const shaped = shaper.shape([{ d: "2026-01-01", tags: ["a"] }, { d: "2026-02-30" }]);
    expect(shaped.rows).toEqual([{ d: "2026-01-01", tags: '["a"]' }]);
    expect(shaped.rejected).toHaveLength(1);
    expect(typesOf(shaper)).toEqual({ d: "text", tags: "text" });
  });
});

describe("bad rows", () => {
  it("are rejected one by one, and the rest is kept", () => {
    const rows = [
      { a: "x" },
      null,
      { a: "y\0" },
      [1],
      { a: "\ud800" },
      "text",
      { a: () => 1 },
      { a: "z" },
    ] as never;
    const shaped = shaperFor().shape(rows);
    expect(shaped.rows).toEqual([{ a: "x" }, { a: "z" }]);
    expect(shaped.kept).toEqual([0, 7]);
    expect(shaped.rejected.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(shaped.rejected.every(({ code }) => code === "MLR_ROW_INVALID")).toBe(true);
  });

  it("do not create columns that only they would have", () => {
    const shaper = shaperFor({ key: ["id"] });
    shaper.shape([{ id: 1 }, { id: 2, bad: "a\0" }, { orphan: 1 }]);
    expect(typesOf(shaper)).toEqual({ id: "integer" });
  });

  it("cost no more than the good ones", () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({ id: i, note: "a\0" }));
    expect(shaperFor().shape(rows).rejected).toHaveLength(20_000);
  });
});

describe("keys of scopes and parents", () => {
  it("come out under the table's names in storage form", () => {
    const shaper = shaperFor({ columns: { day: "date" } }, { parentKey: ["orderId"] });
    expect(shaper.storeKey({ day: "2026-11-21", orderId: 7n })).toEqual({ day: 20_778, order_id: 7 });
    expect(shaper.definition.parentKey).toEqual(["order_id"]);
    expect(errorOf(() => shaper.storeKey({ day: "soon" })).code).toBe("MLR_ROW_INVALID");
  });
});

describe("any rows in any batches", () => {
  const pool: unknown[] = [null, undefined, true, 0, -0, 7, 2 ** 31, 2 ** 53, 1e300, 0.5, NaN, 5n, 2n ** 70n];
  pool.push("", "x", "5", "2026-01-01", "2026-01-01T10:00:00", "2026-01-01T10:00:00+02:00", new Date(0));
  pool.push(Uint8Array.of(1), [1, "a"], { b: 1, a: null }, "bad\0", () => 1);

  it("are stored in the types of the definition, or rejected, and hash alike when they are written again", () => {
    let seed = 42;
    const random = (below: number): number =>
      ((seed = (seed * 1_664_525 + 1_013_904_223) >>> 0) >>> 8) % below;
    for (let round = 0; round < 150; round++) {
      const shaper = shaperFor({ key: ["id"] });
      // Few kinds of values per column, so that columns widen step by step and not at once.
      const kinds = Array.from({ length: 4 }, () =>
        Array.from({ length: 3 }, () => pool[random(pool.length)]),
      );
      for (let batch = 0; batch < 4; batch++) {
        const rows = Array.from({ length: 12 }, () => {
          const row: Record<string, unknown> = { id: random(8) === 0 ? null : random(1000) };
          for (let c = 0; c < 4; c++) if (random(4) > 0) row[`column${c}`] = kinds[c]?.[random(3)];
          return row;
        });
        const shaped = shaper.shape(rows);
        expect(shaped.rows.length + shaped.rejected.length).toBe(rows.length);
        const columns = shaper.definition.columns;
        for (const row of shaped.rows) {
          for (const column of columns) {
            if (!isStored(column.type, row[column.name])) {
              expect.fail(
                `${column.name}: ${String(row[column.name])} is no ${formatColumnType(column.type)}`,
              );
            }
          }
        }
        const again = shaper.shape(rows);
        expect(again.changed).toBe(false);
        expect(again.hashes).toEqual(shaped.hashes);
        expect(shaped.hashes).toEqual(shaped.rows.map(compileRowHasher(columns)));
      }
    }
  });
});
