import { describe, expect, it } from "vitest";
import { canonicalText } from "../hash/canonical.ts";
import { JsonNumber } from "../hash/json-exact.ts";
import { SCALAR_KINDS, type ColumnType } from "./column-type.ts";
import { inferType } from "./infer.ts";
import { joinTypes } from "./join-types.ts";
import { MISFIT } from "./misfit.ts";
import { isStored } from "./storage.ts";
import { compileStore } from "./store.ts";
import { formatColumnType, parseColumnType, sameType } from "./type-text.ts";

function inferred(value: unknown, untyped = false): string | undefined {
  const type = inferType(value, { untyped });
  return type === undefined ? undefined : formatColumnType(type);
}

describe("inferring types", () => {
  it.each<[unknown, string | undefined]>([
    [null, undefined],
    [undefined, undefined],
    [true, "boolean"],
    [0, "integer"],
    [-2_147_483_648, "integer"],
    [2_147_483_648, "bigint"],
    [1e15, "bigint"],
    [2 ** 63, "numeric"],
    [-(2 ** 63), "bigint"],
    [1e300, "numeric"],
    [1.5, "double"],
    [NaN, "double"],
    [5n, "integer"],
    [2n ** 63n - 1n, "bigint"],
    [2n ** 63n, "numeric"],
    [new JsonNumber("0.10000000000000000001"), "numeric"],
    ["", "text"],
    ["5", "text"],
    ["true", "text"],
    ["2026-02-28", "date"],
    ["2026-02-30", "text"],
    ["2026-02-28T10:00:00", "timestamp"],
    ["2026-02-28 10:00:00.5", "timestamp"],
    ["2026-02-28T10:00:00Z", "timestamptz"],
    ["2026-02-28T10:00:00+02:00", "timestamptz"],
    ["9999-12-31T23:00:00-05:00", "text"],
    ["2026-02-28-note", "text"],
    ["10:00:00", "text"],
    [new Date(0), "timestamptz"],
    [Uint8Array.of(1), "bytea"],
    [[1], "json"],
    [{}, "json"],
  ])("%o is %s", (value, type) => {
    expect(inferred(value)).toBe(type);
  });

  it.each<[string, string | undefined]>([
    ["", undefined],
    ["true", "boolean"],
    ["TRUE", "text"],
    ["5", "integer"],
    ["-5", "integer"],
    ["3000000000", "bigint"],
    ["9223372036854775808", "numeric"],
    ["1.50", "numeric"],
    ["1e5", "double"],
    ["1.00000000000000000001e5", "numeric"],
    ["1e999", "numeric"],
    ["1e999999", "text"],
    ["007", "text"],
    ["+5", "text"],
    ["5 ", "text"],
    [".5", "text"],
    ["1,5", "text"],
    ["-", "text"],
    ["NaN", "text"],
    ["2026-02-28", "date"],
    ["2026-02-28T10:00:00Z", "timestamptz"],
  ])("of a source that knows only text, %j is %s", (value, type) => {
    expect(inferred(value, true)).toBe(type);
  });

  it("takes the empty string for a text where the source says so", () => {
    expect(inferType("", { untyped: true, keepEmpty: true })).toEqual({ kind: "text" });
  });
});

const TYPES: ColumnType[] = [
  ...SCALAR_KINDS,
  "numeric(5,2)",
  "integer[]",
  "bigint[]",
  "text[]",
  "date[]",
].map(parseColumnType);

describe("joining types", () => {
  it.each([
    ["integer", "bigint", "bigint"],
    ["smallint", "integer", "integer"],
    ["bigint", "numeric", "numeric"],
    ["integer", "double", "double"],
    ["bigint", "double", "numeric"],
    ["numeric", "double", "numeric"],
    ["real", "double", "double"],
    ["real", "smallint", "double"],
    ["numeric", "text", "text"],
    ["numeric(5,2)", "numeric(7,3)", "numeric"],
    ["numeric(5,2)", "integer", "numeric"],
    ["date", "timestamp", "timestamp"],
    ["date", "timestamptz", "text"],
    ["timestamp", "timestamptz", "text"],
    ["boolean", "integer", "text"],
    ["uuid", "text", "text"],
    ["boolean", "json", "json"],
    ["text", "json", "json"],
    ["date", "json", "json"],
    ["integer[]", "bigint[]", "bigint[]"],
    ["integer[]", "text", "json"],
  ])("%s and %s are %s", (a, b, joined) => {
    expect(formatColumnType(joinTypes(parseColumnType(a), parseColumnType(b)))).toBe(joined);
  });

  it("does not depend on order or grouping, and joining a type with itself changes nothing", () => {
    for (const a of TYPES) {
      expect(sameType(joinTypes(a, a), a)).toBe(true);
      for (const b of TYPES) {
        expect(formatColumnType(joinTypes(a, b))).toBe(formatColumnType(joinTypes(b, a)));
        for (const c of TYPES) {
          const grouped = [joinTypes(joinTypes(a, b), c), joinTypes(a, joinTypes(b, c))].map(
            formatColumnType,
          );
          expect(grouped[0], [a, b, c].map(formatColumnType).join(" ")).toBe(grouped[1]);
        }
      }
    }
  });
});

/** Values of every kind, with the ones at the limits of types. */
const VALUES: unknown[] = [
  true,
  false,
  0,
  -0,
  1,
  -1,
  32_767,
  32_768,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 53,
  2 ** 63,
  1e21,
  1e300,
  0.1,
  -1.5,
  1e-300,
  NaN,
  Infinity,
  7n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 80n,
  new JsonNumber("0.10000000000000000001"),
  "",
  "abc",
  "5",
  "true",
  "2026-01-01",
  "2026-01-01T10:00:00",
  "2026-01-01T10:00:00.123456Z",
  "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
  "P1D",
  "12:00:00",
  new Date(0),
  Uint8Array.of(1, 2),
  [1, "a", null],
  [],
  { a: { b: [1.5] } },
];
const TEXTS = [
  "5",
  "-0",
  "1.50",
  "1e5",
  "3000000000",
  "99999999999999999999",
  "true",
  "007",
  "x",
  "2026-01-01",
  "2026-01-01T00:00:00Z",
  "1.00000000000000000001e5",
];

describe("inference and storing together", () => {
  it("store each value in the join of any type with the value's own", () => {
    for (const [values, untyped] of [
      [VALUES, false],
      [TEXTS, true],
    ] as const) {
      for (const type of TYPES) {
        for (const value of values) {
          const joined = joinTypes(type, inferType(value, { untyped }) ?? type);
          const stored = compileStore(joined, { untyped })(value);
          const what = `${formatColumnType(type)} joined to ${formatColumnType(joined)} with ${String(value)}`;
          expect(stored, what).not.toBe(MISFIT);
          expect(isStored(joined, stored), what).toBe(true);
        }
      }
    }
  });

  it("keep a value's canonical text when its column is widened", () => {
    for (const value of VALUES) {
      const own = inferType(value) as ColumnType;
      const before = canonicalText(own)(compileStore(own)(value));
      for (const other of TYPES) {
        const wider = joinTypes(own, other);
        // A text that looks like JSON is the one exception; strings become another text where they were dates.
        if (typeof value === "string" || sameType(wider, own)) continue;
        const after = canonicalText(wider)(compileStore(wider)(value));
        expect(after, `${String(value)} as ${formatColumnType(own)} and ${formatColumnType(wider)}`).toBe(
          before,
        );
      }
    }
  });
});
