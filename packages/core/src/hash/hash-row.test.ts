import { describe, expect, it } from "vitest";
import { MillraceError } from "../errors.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import { diffRows, hashRow } from "./hash-row.ts";
import { compileRowHasher } from "./row-hasher.ts";

describe("hashing any row", () => {
  it("does not see the order of keys, or the difference of null and missing", () => {
    expect(hashRow({ a: 1, b: "x" })).toBe(hashRow({ b: "x", c: null, a: 1, d: undefined }));
    expect(hashRow({ a: 1, b: "x" })).not.toBe(hashRow({ a: 1, b: "y" }));
    expect(hashRow({ a: 1, b: "x" })).toMatch(/^[0-9a-f]{64}$/);
  });

  it("returns to the same hash when a value does", () => {
    const hashes = ["A", "B", "A"].map((state) => hashRow({ id: 1, state }));
    expect(hashes[0]).toBe(hashes[2]);
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it("sees only the declared columns, as they are stored", () => {
    const columns: ColumnDefinition[] = [
      { name: "price", type: { kind: "numeric", precision: 10, scale: 2 } },
    ];
    expect(hashRow({ price: 1.004, other: 1 }, columns)).toBe(hashRow({ price: "1.00" }, columns));
  });

  it("does not take what every object inherits for a value", () => {
    const columns: ColumnDefinition[] = [{ name: "constructor", type: { kind: "text" } }];
    expect(hashRow({}, columns)).toBe(hashRow({ other: 1 }, columns));
    expect(compileRowHasher(columns)({})).toBe(compileRowHasher([])({}));
  });

  it("fails for values that cannot be stored, naming the column", () => {
    expect(() => hashRow({ note: "a\0b" })).toThrow(/column "note".*NUL/);
    expect(() => hashRow({ at: "x" }, [{ name: "at", type: { kind: "date" } }])).toThrow(MillraceError);
  });

  it("hashes values of every length, also beyond the buffer it starts with", () => {
    const seen = new Set<string>();
    for (const length of [0, 1, 23, 24, 25, 64, 4_000, 20_000, 300_000]) {
      for (const character of ["a", "é", "😀"]) seen.add(hashRow({ a: "x", text: character.repeat(length) }));
    }
    expect(seen.size).toBe(25);
    expect(hashRow({ a: new Uint8Array(100_000), b: 1 })).toBe(
      hashRow({ a: `\\x${"00".repeat(100_000)}`, b: 1 }),
    );
  });
});

describe("telling rows apart by field", () => {
  it("names the fields that differ, sorted", () => {
    const before = { id: 1, name: "a", gone: 5, same: { x: 1, y: 2 } };
    const after = { name: "b", id: 1, added: true, same: { y: 2, x: 1 } };
    expect(diffRows(before, after)).toEqual(["added", "gone", "name"]);
  });

  it("compares by value: numbers, dates and unordered arrays", () => {
    expect(diffRows({ n: 1.0, d: new Date(0) }, { n: "1", d: "1970-01-01T01:00:00+01:00" })).toEqual([]);
    const columns: ColumnDefinition[] = [{ name: "tags", type: { kind: "json" }, unordered: true }];
    expect(diffRows({ tags: ["a", "b"] }, { tags: ["b", "a"] }, columns)).toEqual([]);
    expect(diffRows({ tags: ["a", "b"] }, { tags: ["b", "a"] })).toEqual(["tags"]);
    expect(diffRows({ a: "" }, { a: null })).toEqual(["a"]);
  });
});
