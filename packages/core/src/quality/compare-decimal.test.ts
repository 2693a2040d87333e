import { expect, test } from "vitest";
import { compareDecimal } from "./compare-decimal.ts";

test.each([
  ["1", "2", -1],
  ["2", "1", 1],
  ["0.1", "0.1", 0],
  ["-0.2", "-0.1", -1],
  ["9007199254740993", "9007199254740992", 1],
  ["0.10000000000000000001", "0.1", 1],
  ["-0.10000000000000000001", "-0.1", -1],
  [`1${"0".repeat(400)}`, `2${"0".repeat(400)}`, -1],
  ["Infinity", `1${"0".repeat(400)}`, 1],
  [`-1${"0".repeat(400)}`, "-Infinity", 1],
  ["Infinity", "Infinity", 0],
  ["1", "Infinity", -1],
])("compares %s with %s", (a, b, expected) => {
  expect(Math.sign(compareDecimal(a, b))).toBe(expected);
});

test("what is no number is neither less nor greater", () => {
  expect(compareDecimal("NaN", "1")).toBeNaN();
  expect(compareDecimal("1", "NaN")).toBeNaN();
});
