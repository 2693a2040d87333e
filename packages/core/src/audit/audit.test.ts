import { expect, test } from "vitest";
import type { RowVersion } from "../destination.ts";
import { fieldChanges } from "./field-changes.ts";
import { diffVersions } from "./row-states.ts";

const version = (more: Partial<RowVersion>): RowVersion => ({
  operation: "update",
  changed: [],
  run: null,
  from: null,
  to: null,
  values: {},
  ...more,
});

/** Written on the 1st, changed on the 2nd, removed on the 3rd, restored on the 5th. */
const versions: readonly RowVersion[] = [
  version({ operation: "current", from: "2026-01-05T00:00:00Z", values: { id: 1, price: "4", note: null } }),
  version({
    operation: "remove",
    from: "2026-01-02T00:00:00Z",
    to: "2026-01-03T00:00:00Z",
    values: { id: 1, price: "3", note: "x" },
  }),
  version({
    from: "2026-01-01T00:00:00Z",
    to: "2026-01-02T00:00:00Z",
    values: { id: 1, price: "2", note: "x" },
  }),
];

test.each<[string[], (number | null)[], Record<string, unknown>]>([
  [[], [2, 3], { price: { before: "3", after: "4" }, note: { before: "x", after: null } }],
  [["1", "2"], [1, 2], { price: { before: "2", after: "3" } }],
  [["2", "1"], [2, 1], { price: { before: "3", after: "2" } }],
  [["1"], [1, 3], { price: { before: "2", after: "4" }, note: { before: "x", after: null } }],
  [["2026-01-01T12:00:00Z", "2026-01-02T00:00:00Z"], [1, 2], { price: { before: "2", after: "3" } }],
  [
    ["2026-01-04", "2026-01-05"],
    [null, 3],
    { id: { before: null, after: 1 }, price: { before: null, after: "4" } },
  ],
  [
    ["2025-01-01", "1"],
    [null, 1],
    {
      id: { before: null, after: 1 },
      price: { before: null, after: "2" },
      note: { before: null, after: "x" },
    },
  ],
  [["3", "3"], [3, 3], {}],
])("versions %j", (names, numbers, fields) => {
  const diff = diffVersions(versions, ...names);
  expect([diff.before.number, diff.after.number]).toEqual(numbers);
  expect(diff.fields).toEqual(fields);
});

test("a row that was removed is compared with its absence, a new one with that it was not there", () => {
  const [, removed, first] = versions as [RowVersion, RowVersion, RowVersion];
  expect(diffVersions([removed, first])).toMatchObject({ before: { number: 2 }, after: { number: null } });
  expect(diffVersions([first])).toMatchObject({ before: { number: null }, after: { number: 1 } });
});

test.each(["0", "4", "yesterday", "", "-1"])("%j names no version", (name) => {
  expect(() => diffVersions(versions, name)).toThrow(
    expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }),
  );
});

test("values are compared by what they mean", () => {
  const before = { a: { x: 1, y: [1, { z: 2 }] }, b: [1, 2], c: null };
  expect(fieldChanges(before, { a: { y: [1, { z: 2 }], x: 1 }, b: [2, 1] })).toEqual({
    b: { before: [1, 2], after: [2, 1] },
  });
  expect(fieldChanges({ a: {} }, { a: [] })).toEqual({ a: { before: {}, after: [] } });
});
