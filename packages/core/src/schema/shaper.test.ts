import { describe, expect, it } from "vitest";
import type { Capabilities } from "../capabilities.ts";
import { MillraceError } from "../errors.ts";
import { tableOptions, type TableOptions } from "../table-options.ts";
import { SCALAR_KINDS } from "./column-type.ts";
import { TableShaper, type TableShaperOptions } from "./shaper.ts";
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
