import { expect, test } from "vitest";
import { RowReader } from "./row-reader.ts";
import type { Row } from "./row.ts";

const reading = (names: string[], rows: Row[]): unknown[][] => {
  const reader = new RowReader(names);
  return rows.map((row) => {
    reader.read(row);
    return reader.values.slice(0, names.length);
  });
};

test("values come in the order of the columns, whatever the order of the row", () => {
  const rows = [
    { b: 2, a: 1, c: 3 },
    { b: 5, a: 4, c: 6 },
    { c: 9, b: 8, a: 7 },
  ];
  expect(reading(["a", "b", "c"], rows)).toEqual([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ]);
});

test("nothing of an earlier row stays where a row has no value, in the front, the middle and the end", () => {
  const rows = [{ a: 1, b: 2, c: 3 }, { b: 5 }, { a: 7, c: 9 }, {}, { a: null, b: 0, c: "" }];
  expect(reading(["a", "b", "c"], rows)).toEqual([
    [1, 2, 3],
    [undefined, 5, undefined],
    [7, undefined, 9],
    [undefined, undefined, undefined],
    [null, 0, ""],
  ]);
});

test("fields that are no columns are left out", () => {
  const rows = [{ x: "no", a: 1, y: "no" }, { a: 2, x: "no", z: "no" }, { a: 3 }];
  expect(reading(["a"], rows)).toEqual([[1], [2], [3]]);
});

test("what every object inherits is no value of a row, and its own value of such a name is", () => {
  const own = Object.fromEntries([["constructor", "mine"]]);
  expect(reading(["constructor", "a"], [{ a: 1 }, own, { a: 2 }])).toEqual([
    [undefined, 1],
    ["mine", undefined],
    [undefined, 2],
  ]);
});

test("rows of ever other orders are read as well", () => {
  const names = Array.from({ length: 40 }, (_, i) => `c${i}`);
  const rows = names.map((_, turn) =>
    Object.fromEntries(names.map((__, i) => [names[(i + turn) % 40] as string, (i + turn) % 40])),
  );
  expect(reading(names, rows)).toEqual(rows.map(() => names.map((_, i) => i)));
});

test("a row without columns of its own has none", () => {
  expect(reading([], [{ a: 1 }, {}])).toEqual([[], []]);
});
