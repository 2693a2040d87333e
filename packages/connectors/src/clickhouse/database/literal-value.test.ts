import { expect, test } from "vitest";
import { isSelect, statementText } from "./statement-text.ts";
import { literalValue } from "./literal-value.ts";

test("values are written so that nothing in them can be read as SQL", () => {
  expect(literalValue("a'b\\")).toBe("'a\\'b\\\\'");
  expect(literalValue(new Uint8Array([39]))).toBe("unhex('27')");
  expect(literalValue([1, "x", null])).toBe("[1, 'x', NULL]");
  expect(literalValue(-0.5)).toBe("reinterpretAsFloat64(unhex('000000000000e0bf'))");
  expect(literalValue({ b: 1, a: 2 })).toBe(`'{"a":2,"b":1}'`);
});

test("a statement of one's own names its values with their types", () => {
  const text = "SELECT * FROM t WHERE a = {p1:Int32} AND b = {p2:String};";
  expect(statementText(text, [1, null])).toBe(
    "SELECT * FROM t WHERE a = CAST(1 AS Int32) AND b = CAST(NULL AS Nullable(String))",
  );
  expect(() => statementText(text, [1])).toThrow("names value p2");
});

test("statements whose columns can be asked for are known by their start", () => {
  expect(isSelect("-- why\n/* x */ select 1")).toBe(true);
  expect(isSelect("WITH 1 AS x SELECT x")).toBe(true);
  expect(isSelect("SHOW TABLES")).toBe(false);
  expect(isSelect("SELECT 1 FORMAT JSON")).toBe(false);
});
