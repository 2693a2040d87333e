import { expect, test } from "vitest";
import { quoteIdentifier, quoteLiteral, quoteTable } from "./quote.ts";

test("quotes double what would end them", () => {
  expect(quoteTable({ namespace: 'a"b', name: "select" })).toBe('"a""b"."select"');
  expect(quoteLiteral("o'neill")).toBe("'o''neill'");
  expect(quoteLiteral("back\\slash'")).toBe(" E'back\\\\slash'''");
});

test.each([
  ["empty", ""],
  ["with NUL", "a\0b"],
  ["of 64 bytes", "ä".repeat(32)],
])("a name that PostgreSQL could not keep (%s) is refused", (_what, name) => {
  expect(() => quoteIdentifier(name)).toThrow(expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }));
});

test("a name of exactly 63 bytes is kept, and a text with NUL is no literal", () => {
  expect(quoteIdentifier(`${"ä".repeat(31)}a`)).toBe(`"${"ä".repeat(31)}a"`);
  expect(() => quoteLiteral("a\0b")).toThrow(/NUL/);
});
