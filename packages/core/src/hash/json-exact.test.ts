import { expect, test } from "vitest";
import { canonicalDecimal } from "../schema/decimal.ts";
import { canonicalJson } from "./canonical-json.ts";
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
  expect(parseJsonExact('{"id":"\\"12345678901234567890","event":"us7000e5x"}')).toEqual({
    id: '"12345678901234567890',
    event: "us7000e5x",
  });
});

test("reads every number token exactly, however it is written", () => {
  const tokens = [
    "1.2345678901234567e3",
    "-1.2345678901234567E+3",
    "12345678901234567e0",
    "0.1234567890123456789e-5",
  ];
  for (let i = 0; i < 500; i++) {
    const digits = String(BigInt(i) * 98_765_432_109_876_543_210n + BigInt(i)).slice(0, 15 + (i % 6));
    tokens.push(
      `${digits[0]}.${digits.slice(1)}5`,
      `${digits[0]}.${digits.slice(1)}7e${(i % 40) - 20}`,
      digits,
    );
  }
  for (const token of tokens.filter((each) => /^-?(0|[1-9])/.test(each) && !/^0\d/.test(each))) {
    const value = parseJsonExact(`[${token}]`) as unknown[];
    expect(canonicalJson(value), token).toBe(`[${canonicalDecimal(token)}]`);
  }
});

test("keeps numbers of endless digits as their token", () => {
  const value = parseJsonExact("[1e99999]") as unknown[];
  expect(value[0]).toBeInstanceOf(JsonNumber);
  expect((value[0] as JsonNumber).token).toBe("1e99999");
});

test.each(["%", "\t%", "[%]", "[1,%]", "[ -%]", '{"a":%}', '{"a":\n%}', '["x",%]', '[[%,"x"]]'])(
  "finds a number that a double does not hold wherever it stands: %j",
  (place) => {
    for (const token of ["9007199254740993", "0.1000000000000000055", "1e23", "1.25E+23"]) {
      expect(canonicalJson(parseJsonExact(place.replace("%", token)))).toContain(canonicalDecimal(token));
    }
  },
);
