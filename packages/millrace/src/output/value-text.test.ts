import { expect, test } from "vitest";
import { valueText } from "./value-text.ts";

test("values are shown as they are, and quoted where they would be taken for something else", () => {
  expect(
    ["a text", "2.5", "", "null", " x", null, 3, 12n, true, { a: 1 }].map((value) => valueText(value)),
  ).toEqual(["a text", "2.5", '""', '"null"', '" x"', "null", "3", "12", "true", '{"a":1}']);
});

test("long values are cut, bytes are hexadecimal, and control characters become visible", () => {
  expect(valueText("x".repeat(100), 10)).toBe(`${"x".repeat(9)}…`);
  expect(valueText(new Uint8Array([0, 255]))).toBe("\\x00ff");
  expect(valueText("a\u001b[2J")).toBe("a\\x1b[2J");
});
