import { describe, expect, it } from "vitest";
import { MillraceError } from "../errors.ts";
import { SCALAR_KINDS } from "./column-type.ts";
import { formatColumnType, parseColumnType, sameType } from "./type-text.ts";

describe("types as text", () => {
  it.each([...SCALAR_KINDS, "numeric(12,2)", "text[]", "numeric(5,0)[]"])(
    "reads %s and writes it back",
    (text) => {
      expect(formatColumnType(parseColumnType(text))).toBe(text);
    },
  );

  it.each([
    ["int", "integer"],
    ["INT4", "integer"],
    ["int8", "bigint"],
    ["float", "double"],
    ["Double  Precision", "double"],
    ["bool", "boolean"],
    ["varchar", "text"],
    ["jsonb", "json"],
    ["timestamp with time zone", "timestamptz"],
    ["decimal( 12 , 2 )", "numeric(12,2)"],
    ["numeric(5)", "numeric(5,0)"],
    ["int []", "integer[]"],
  ])("understands %s as %s", (text, type) => {
    expect(formatColumnType(parseColumnType(text))).toBe(type);
  });

  it.each([
    ["intger", 'Did you mean "integer"?'],
    ["timestamtz", 'Did you mean "timestamptz"?'],
    ["varchar(20)", "leave the number out"],
    ["numeric(2,3)", "numeric(digits"],
    ["numeric(0)", "numeric(digits"],
    ["numeric(1001,0)", "numeric(digits"],
    ["text[][]", "json"],
    ["", "The types are"],
    ["constructor", "The types are"],
    ["integer(5)", "Leave the parentheses out"],
  ])("refuses %j and says what to do", (text, hint) => {
    expect(() => parseColumnType(text)).toThrow(MillraceError);
    try {
      parseColumnType(text);
    } catch (error) {
      expect((error as MillraceError).code).toBe("MLR_SCHEMA_INVALID");
      expect((error as MillraceError).hint).toContain(hint);
    }
  });

  it("tells types apart by precision, scale and elements", () => {
    expect(sameType(parseColumnType("numeric"), parseColumnType("numeric(5,2)"))).toBe(false);
    expect(sameType(parseColumnType("text[]"), parseColumnType("text"))).toBe(false);
    expect(sameType(parseColumnType("numeric(5,2)[]"), parseColumnType("numeric(5,2)[]"))).toBe(true);
  });
});
