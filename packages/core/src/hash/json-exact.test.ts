import { expect, test } from "vitest";
import { JsonNumber, parseJsonExact } from "./json-exact.ts";

test.each([
  ["9007199254740991", 9007199254740991],
  ["9007199254740993", 9007199254740993n],
  ["-9007199254740993", -9007199254740993n],
  ["123456789012345680000", 123456789012345680000n],
  ["1e21", 10n ** 21n],
  ["1e5", 100000],
  ["-122.80000333333334", -122.80000333333334],
  ["1.5000000000000000000", 1.5],
  ["5.0000000000000000", 5],
])("reads %s as an exact value", (text, expected) => {
  expect(parseJsonExact(`[${text},"x"]`)).toEqual([expected, "x"]);
});

test("keeps decimals that a double does not hold as their text", () => {
  const value = parseJsonExact('{"a":0.10000000000000000555,"b":1}') as { a: unknown };
  expect(value.a).toBeInstanceOf(JsonNumber);
  expect(String(value.a)).toBe("0.10000000000000000555");
});

test("takes numbers inside of strings for text", () => {
  expect(parseJsonExact('{"id":"12345678901234567890","event":"us7000e5x"}')).toEqual({
    id: "12345678901234567890",
    event: "us7000e5x",
  });
});
