import { describe, expect, it } from "vitest";
import { canonicalText } from "../hash/canonical.ts";
import { JsonNumber } from "../hash/json-exact.ts";
import { describeMisfit, MISFIT } from "./misfit.ts";
import { isStored } from "./storage.ts";
import { compileStore, type StoreHints } from "./store.ts";
import { parseColumnType } from "./type-text.ts";

const declared: StoreHints = { declared: true };
const untyped: StoreHints = { untyped: true };

/** The canonical text of what is stored, "null", or the reason of the misfit after a "!". */
function store(type: string, value: unknown, hints: StoreHints = {}): string {
  const parsed = parseColumnType(type);
  const stored = compileStore(parsed, hints)(value);
  if (stored === MISFIT) return `!${describeMisfit(value, parsed)}`;
  if (!isStored(parsed, stored))
    throw new Error(`what ${String(value)} became is no storage form of ${type}`);
  return stored === null ? "null" : canonicalText(parsed)(stored);
}

describe("storing what fits a type", () => {
  it.each<[string, unknown, string]>([
    ["boolean", true, "true"],
    ["smallint", -32_768, "-32768"],
    ["integer", -0, "0"],
    ["integer", 5n, "5"],
    ["bigint", 2 ** 53 + 2, "9007199254740994"],
    ["bigint", 9223372036854775807n, "9223372036854775807"],
    ["numeric", 0.1, "0.1"],
    ["numeric", 123456789012345678901234567890n, "123456789012345678901234567890"],
    ["numeric", NaN, "NaN"],
    ["numeric(5,2)", 1.005, "1.01"],
    ["numeric(5,2)", NaN, "NaN"],
    ["real", 0.1, "0.10000000149011612"],
    ["real", 1e-50, "0"],
    ["double", -Infinity, "-Infinity"],
    ["double", 5n, "5"],
    ["text", "a\u{1F600}", "a\u{1F600}"],
    ["text", 1e21, "1000000000000000000000"],
    ["text", false, "false"],
    ["text", 2n ** 64n, "18446744073709551616"],
    ["text", new Date(0), "1970-01-01T00:00:00Z"],
    ["text", Uint8Array.of(1, 255), "\\x01ff"],
    ["text", new JsonNumber("0.10000000000000000001"), "0.10000000000000000001"],
    ["uuid", "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    ["date", "2024-02-29", "2024-02-29"],
    ["time", "24:00:00", "24:00:00"],
    ["time", "01:02", "01:02:00"],
    ["timestamp", "2026-11-21", "2026-11-21"],
    ["timestamp", "2026-11-21t10:00", "2026-11-21T10:00:00"],
    ["timestamp", "2026-12-31T24:00:00", "2027-01-01"],
    ["timestamp", "2016-12-31T23:59:60", "2017-01-01"],
    ["timestamptz", "2026-11-21 10:00:00+05:30", "2026-11-21T04:30:00Z"],
    ["timestamptz", "2026-11-21T10:00:00 -0330", "2026-11-21T13:30:00Z"],
    ["timestamptz", "2026-11-21T00:00:00,5+02", "2026-11-20T22:00:00.5Z"],
    ["timestamptz", "1890-01-01T00:00:00+00:53:28", "1889-12-31T23:06:32Z"],
    ["timestamptz", new Date("9999-12-31T23:59:59.999Z"), "9999-12-31T23:59:59.999Z"],
    ["interval", "1 day", "P1D"],
    ["json", { b: [1, null, undefined], a: undefined, c: 1n }, '{"b":[1,null,null],"c":1}'],
    ["json", "5", '"5"'],
    ["json", NaN, "NaN"],
    ["bytea", Uint8Array.of(0, 171), "\\x00ab"],
    ["integer[]", [1, null, 2n], "[1,null,2]"],
    ["text", null, "null"],
    ["integer", undefined, "null"],
  ])("%s takes %o as %s", (type, value, expected) => {
    expect(store(type, value)).toBe(expected);
  });

  it("rounds more than six digits of a second as PostgreSQL does", () => {
    const text = (fraction: string): string => store("timestamp", `2026-01-01T00:00:01.${fraction}`);
    expect(text("1234564999")).toBe("2026-01-01T00:00:01.123456");
    expect(text("1234567")).toBe("2026-01-01T00:00:01.123457");
    expect(text("0000005")).toBe("2026-01-01T00:00:01");
    expect(text("0000015")).toBe("2026-01-01T00:00:01.000002");
    expect(text("9999999")).toBe("2026-01-01T00:00:02");
  });

  it("gives values in storage form back as they are", () => {
    const bytes = Uint8Array.of(1);
    const list = ["a", "b"];
    expect(compileStore({ kind: "bytea" })(bytes)).toBe(bytes);
    expect(compileStore({ kind: "array", of: { kind: "text" } })(list)).toBe(list);
    const stored = compileStore({ kind: "date" }, { epochNumbers: true });
    expect(stored(20_000)).toBe(20_000);
    expect(compileStore({ kind: "timestamptz" }, { epochNumbers: true })(1.7e15)).toBe(1.7e15);
  });
});

describe("storing what does not fit", () => {
  it.each<[string, unknown, string]>([
    ["boolean", "true", "true"],
    ["smallint", 32_768, "out of range"],
    ["integer", 2 ** 31, "out of range"],
    ["integer", 1.5, "not whole"],
    ["integer", "5", "5"],
    ["integer", NaN, "not whole"],
    ["bigint", 2n ** 63n, "out of range"],
    ["bigint", 2 ** 63, "out of range"],
    ["numeric", "5", "5"],
    ["numeric(5,2)", 999.995, "more than 3 digits before the point"],
    ["numeric(5,2)", Infinity, "Infinity"],
    ["real", 1e39, "cannot be held"],
    ["double", 2n ** 53n + 1n, "cannot be held"],
    ["double", new JsonNumber("0.10000000000000000001"), "0.10000000000000000001"],
    ["text", "a\0b", "NUL"],
    ["text", "a\ud800", "surrogate"],
    ["text", { a: 1 }, "an object"],
    ["text", new Date(NaN), "invalid Date"],
    ["text", Symbol("x"), "a symbol"],
    ["uuid", "a0eebc99", "a0eebc99"],
    ["date", "2026-02-30", "there is no such day"],
    ["date", "0000-01-01", "no such day"],
    ["date", "2026-01-01T00:00:00", "time of day"],
    ["date", 20_000, "no unit"],
    ["date", "26-01-01", "26-01-01"],
    ["time", "24:00:01", "24:00:01"],
    ["time", "12:60:00", "12:60:00"],
    ["timestamp", "2026-01-01T25:00:00", "no such day or time"],
    ["timestamp", "2026-01-01T00:00:00Z", "2026"],
    ["timestamp", "2026-01-01T00:00:00.", "2026"],
    ["timestamp", 1.7e15, "no unit"],
    ["timestamptz", "2026-01-01T00:00:00", "2026"],
    ["timestamptz", "2026-01-01T00:00:00+16:00", "2026"],
    ["timestamptz", "2026-01-01T00:00:00+05:3", "2026"],
    ["timestamptz", "9999-12-31T23:59:59-01", "no such day or time"],
    ["timestamptz", new Date(8.64e15), "no timestamptz"],
    ["interval", "soon", "soon"],
    ["json", { a: NaN }, "JSON has no NaN"],
    ["json", ["a\0"], "NUL"],
    ["json", new Map(), "Map"],
    ["json", () => 1, "function"],
    ["bytea", "\\x00", "bytea"],
    ["integer[]", [1, "x"], "integer[]"],
    ["integer[]", 5, "number"],
  ])("%s refuses %o and says why", (type, value, reason) => {
    expect(store(type, value)).toMatch(/^!/);
    expect(store(type, value)).toContain(reason);
  });

  it("shortens long values in the reason", () => {
    expect(store("integer", "x".repeat(10_000)).length).toBeLessThan(150);
  });
});

describe("storing in declared columns", () => {
  it.each<[string, unknown, string]>([
    ["boolean", " Yes ", "true"],
    ["boolean", 0, "false"],
    ["integer", " +5.0 ", "5"],
    ["integer", "1e3", "1000"],
    ["bigint", "9223372036854775807", "9223372036854775807"],
    ["numeric(12,2)", "10.505", "10.51"],
    ["numeric", "-Infinity", "-Infinity"],
    ["double", "1.5e3", "1500"],
    ["double", "nan", "NaN"],
    ["date", "2026-01-01T00:00:00Z", "2026-01-01"],
    ["date", new Date("2026-01-01T00:00:00Z"), "2026-01-01"],
    ["timestamp", new Date(0), "1970-01-01"],
    ["timestamp", "2026-01-01T02:00:00+02:00", "2026-01-01"],
    ["timestamptz", "2026-01-01", "2026-01-01T00:00:00Z"],
    ["bytea", "\\xDEad", "\\xdead"],
  ])("%s takes %o as %s", (type, value, expected) => {
    expect(store(type, value, declared)).toBe(expected);
  });

  it.each<[string, unknown]>([
    ["boolean", "maybe"],
    ["integer", "5.5"],
    ["integer", ""],
    ["integer", "99999999999999999999999"],
    ["numeric", "1,5"],
    ["double", "1e999"],
    ["double", ""],
    ["date", "2026-01-01T12:00:00Z"],
    ["date", new Date("2026-01-01T12:00:00Z")],
    ["timestamptz", 1_700_000_000],
    ["bytea", "\\x0"],
    ["text", { a: 1 }],
  ])("%s still refuses %o", (type, value) => {
    expect(store(type, value, declared)).toMatch(/^!/);
  });

  it("reads JSON texts of sources that know only text", () => {
    const hints = { untyped: true, declared: true };
    expect(store("json", '{"b":1.0,"a":9007199254740993}', hints)).toBe('{"a":9007199254740993,"b":1}');
    expect(store("text[]", '["x",null]', hints)).toBe('["x",null]');
    expect(store("json", "{oops", hints)).toMatch(/^!/);
  });
});

describe("storing text of sources that know only text", () => {
  it.each<[string, string, string]>([
    ["boolean", "false", "false"],
    ["integer", "-5", "-5"],
    ["bigint", "3000000000", "3000000000"],
    ["numeric", "1.50", "1.5"],
    ["numeric", "1e2", "100"],
    ["double", "0.5", "0.5"],
    ["text", "007", "007"],
  ])("%s takes %j as %s", (type, value, expected) => {
    expect(store(type, value, untyped)).toBe(expected);
  });

  it.each([
    ["integer", "007"],
    ["integer", "+5"],
    ["integer", "5 "],
    ["boolean", "yes"],
    ["numeric", "1,5"],
    ["double", "0.10000000000000000001"],
  ])("%s refuses %j, which would lose what was written", (type, value) => {
    expect(store(type, value, untyped)).toMatch(/^!/);
  });
});
