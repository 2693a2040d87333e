import { describe, expect, it } from "vitest";
import { MillraceError } from "../errors.ts";
import { limitIdentifier, normalizeIdentifier, suffixIdentifier } from "./names.ts";

/** Names that break what is careless: quotes, controls, other scripts, reserved words, endless ones. */
const HOSTILE = [
  'a"b',
  "a'; DROP TABLE x; --",
  "tab\tnew\nline",
  "back\\slash`tick`",
  "select",
  "user",
  "__proto__",
  "constructor",
  "toString",
  "😀",
  "naïve Größe",
  "日本語の列",
  "العمود",
  "e\u0301",
  "\u0301combining",
  "İstanbul",
  "1st",
  "٣",
  " ",
  "???",
  "$id",
  "a".repeat(300),
  "ß".repeat(300),
  "😀x".repeat(100),
  "CamelCase".repeat(40),
  "\u202Ereversed",
  "null",
  "%",
];

describe("normalising names", () => {
  it.each([
    ["userId", "user_id"],
    ["UserID", "user_id"],
    ["HTTPServerError", "http_server_error"],
    ["Magnitude Type", "magnitude_type"],
    ["already_snake", "already_snake"],
    ["price (EUR)", "price_eur_"],
    ["a.b-c/d", "a_b_c_d"],
    ["2nd place", "_2nd_place"],
    ["v2Name", "v2_name"],
    ["utf8", "utf8"],
    ["Größe", "größe"],
    ["e\u0301t\u00e9", "été"],
    ["_id", "_id"],
    ["__proto__", "__proto___"],
    ["constructor", "constructor"],
  ])("%s becomes %s", (name, expected) => {
    expect(normalizeIdentifier(name, 63)).toBe(expected);
  });

  it("gives an identifier within the limit for any name, and the same again for what it gave", () => {
    for (const maxBytes of [20, 63, 128]) {
      for (const name of HOSTILE) {
        const identifier = normalizeIdentifier(name, maxBytes);
        expect(Buffer.byteLength(identifier), name).toBeLessThanOrEqual(maxBytes);
        expect(identifier, name).toMatch(/^[\p{L}_][\p{L}\p{M}\p{N}_]*$/u);
        expect(identifier.isWellFormed(), name).toBe(true);
        expect(normalizeIdentifier(identifier, maxBytes), name).toBe(identifier);
        expect(normalizeIdentifier(name, maxBytes)).toBe(identifier);
      }
    }
  });

  it("survives as the key of an object", () => {
    for (const name of HOSTILE) {
      const identifier = normalizeIdentifier(name, 63);
      expect(Object.keys({ [identifier]: 1 }), name).toEqual([identifier]);
      const row: Record<string, unknown> = {};
      row[identifier] = 1;
      expect(Object.hasOwn(row, identifier), name).toBe(true);
    }
  });

  it("refuses the empty name", () => {
    expect(() => normalizeIdentifier("", 63)).toThrow(MillraceError);
  });
});

describe("limiting names", () => {
  it("leaves names as they are, and cuts long ones to whole characters with a hash", () => {
    expect(limitIdentifier('Keep It, as "is"', 63)).toBe('Keep It, as "is"');
    const cut = limitIdentifier("ß".repeat(40), 63);
    expect(cut).toMatch(/^ß{27}_[0-9a-f]{8}$/);
    expect(limitIdentifier("a".repeat(63), 63)).toBe("a".repeat(63));
  });

  it("keeps names apart that begin alike", () => {
    const names = Array.from({ length: 200 }, (_, i) => `${"x".repeat(100)}${i}`);
    expect(new Set(names.map((name) => limitIdentifier(name, 63))).size).toBe(200);
  });

  it.each(["", "a\0b", "\ud800"])("refuses %j", (name) => {
    expect(() => limitIdentifier(name, 63)).toThrow(/cannot be the name/);
  });
});

describe("suffixing names", () => {
  it("appends where both fit and cuts the name where not", () => {
    expect(suffixIdentifier("orders", "__history", 63)).toBe("orders__history");
    expect(suffixIdentifier("a".repeat(54), "__history", 63)).toBe(`${"a".repeat(54)}__history`);
    const long = suffixIdentifier("a".repeat(63), "__history", 63);
    expect(long).toMatch(/^a{45}_[0-9a-f]{8}__history$/);
    expect(long).not.toBe(suffixIdentifier(`${"a".repeat(62)}b`, "__history", 63));
  });
});
