import { describe, expect, it } from "vitest";
import { MillraceError } from "../errors.ts";
import { canonicalJson, canonicalJsonText, tryCanonicalJson } from "./canonical-json.ts";
import { elementsOf } from "./json-elements.ts";
import { parseJsonExact } from "./json-exact.ts";

describe("canonical JSON", () => {
  it("sorts keys by code unit at every level and leaves undefined out", () => {
    expect(
      canonicalJson({ b: 1, "😀": 3, ｚ: 4, a: { d: undefined, c: [{ y: 1, x: 2 }] }, 10: 0, 9: 0 }),
    ).toBe('{"10":0,"9":0,"a":{"c":[{"x":2,"y":1}]},"b":1,"😀":3,"ｚ":4}');
  });

  it("writes numbers plainly and exactly", () => {
    expect(canonicalJson([1.0, -0, 1e21, 1.5e-7, 2n ** 70n])).toBe(
      "[1,0,1000000000000000000000,0.00000015,1180591620717411303424]",
    );
    expect(canonicalJsonText("[ 1.50, 1E+2, 0.10000000000000000001, 9007199254740993, -0.0 ]")).toBe(
      "[1.5,100,0.10000000000000000001,9007199254740993,0]",
    );
  });

  it("escapes strings and keys as JSON.stringify does", () => {
    const text = 'tab\t "quoted" \\ \u0001 \u2028 é 😀 /';
    expect(canonicalJson({ [text]: text })).toBe(JSON.stringify({ [text]: text }));
  });

  it("keeps a key named __proto__", () => {
    expect(canonicalJsonText('{"__proto__":{"a":1},"b":2}')).toBe('{"__proto__":{"a":1},"b":2}');
  });

  it("writes dates, bytes and objects with toJSON", () => {
    expect(canonicalJson([new Date(0), Uint8Array.of(1, 255), new URL("http://a/b")])).toBe(
      '["1970-01-01T00:00:00Z","\\\\x01ff","http://a/b"]',
    );
  });

  it("is the same after being read back", () => {
    const text = canonicalJson({ a: [1, "x", null, { c: true, b: 12345678901234567890n }], z: "\u001f" });
    expect(canonicalJson(parseJsonExact(text))).toBe(text);
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  it.each([
    ["NaN", NaN],
    ["an infinity inside", { a: [Infinity] }],
    ["NUL in a string", "a\0"],
    ["NUL in a key", { "a\0": 1 }],
    ["half a surrogate pair", ["\udc00"]],
    ["a cycle", cycle],
    ["a Map", new Map([[1, 2]])],
    ["a function", () => 1],
    ["an invalid date", new Date(NaN)],
    ["more digits than a numeric has", parseJsonExact("1e999999")],
  ])("refuses %s", (_name, value) => {
    expect(tryCanonicalJson(value)).toBeUndefined();
    expect(() => canonicalJson(value)).toThrow(MillraceError);
  });
});

describe("cutting a JSON array into its elements", () => {
  it.each(["[]", "[1]", '["a,b","]\\"[",{"x":[1,2],"y":"}"},[[],[]],null]', '{"a":1}', '"[1,2]"'])(
    "%s",
    (text) => {
      const value: unknown = JSON.parse(text);
      const expected = Array.isArray(value) ? value.map((element) => JSON.stringify(element)) : undefined;
      expect(elementsOf(text)).toEqual(expected);
    },
  );
});
