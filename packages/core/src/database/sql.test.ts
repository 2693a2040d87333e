import { expect, test } from "vitest";
import { composeSql, sqlText, statement } from "./sql.ts";

test("values stay apart from the text, which takes the placeholders of the database", () => {
  const made = statement`select * from t where a = ${"x' or 1=1"} and b = ${2}`;
  expect(sqlText(made, (number) => `$${number}`)).toBe("select * from t where a = $1 and b = $2");
  expect(sqlText(made, () => "?")).toBe("select * from t where a = ? and b = ?");
  expect(made.values).toEqual(["x' or 1=1", 2]);
});

test("a statement without values is its text", () => {
  expect(sqlText(statement`select 1`, () => "?")).toBe("select 1");
});

test("statements are put together of pieces, with their values in order", () => {
  const inner = statement`a = ${1} and b = ${2}`;
  const whole = composeSql(["select * from t where ", inner, " and c = ", statement`${3}`, ";"]);
  expect(whole).toEqual({
    parts: ["select * from t where a = ", " and b = ", " and c = ", ";"],
    values: [1, 2, 3],
  });
  expect(sqlText(whole, (number) => `$${number}`)).toBe(
    "select * from t where a = $1 and b = $2 and c = $3;",
  );
  expect(composeSql([])).toEqual({ parts: [""], values: [] });
});
