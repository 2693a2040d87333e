import { MillraceError } from "@millrace/core";
import { expect, test } from "vitest";
import { LoadBuffer } from "./connection/load-buffer.ts";
import { locationOf } from "./connection/location-of.ts";
import { nativeCodec, textCodec } from "./dialect/codecs.ts";
import { convert, convertsInPlace } from "./dialect/conversions.ts";
import { databaseError, mariadbFailure } from "./errors.ts";
import { mariadb } from "./index.ts";
import { quote } from "./quote.ts";

const KEY = { keyColumns: 2 };
const ANYWHERE = { keyColumns: 0 };

function driverError(errno: number, message: string): Error {
  return Object.assign(new Error(`(conn:1, no: ${errno}, SQLState: HY000) ${message}\nsql: SELECT 'value'`), {
    errno,
    sqlState: "HY000",
    sqlMessage: message,
  });
}

test("options are checked without connecting, and a database has to be named", () => {
  for (const url of ["postgresql://host/db", "mariadb://host:3306", "mariadb://host/"])
    expect(() => mariadb({ url }), url).toThrow(expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }));
  expect(() => mariadb({ url: "mysql://host/db", schema: "x" } as never)).toThrow(
    expect.objectContaining({ code: "MLR_OPTION_UNKNOWN" }),
  );
  expect(mariadb({ url: "mariadb://u:p@host/db" }).kind).toBe("mariadb");
});

test("a location has neither user nor password", () => {
  expect(locationOf("mariadb://user:s%40cret@host:3307/db?x=y")).toBe("mariadb://host:3307/db");
  expect(locationOf("nonsense")).toBe("mariadb://(unreadable URL)");
});

test("errors have a code by what the server says, and leave the statement out", () => {
  const codes: readonly [number, string, string][] = [
    [1213, "MLR_DESTINATION_CONFLICT", "later"],
    [1205, "MLR_DESTINATION_CONFLICT", "later"],
    [1045, "MLR_DESTINATION_PERMISSION", "never"],
    [1114, "MLR_DESTINATION_FULL", "later"],
    [1290, "MLR_DESTINATION_READ_ONLY", "never"],
    [1406, "MLR_ROW_INVALID", "never"],
    [1040, "MLR_DESTINATION_UNAVAILABLE", "later"],
    [1064, "MLR_DESTINATION_FAILED", "never"],
    [45009, "MLR_DESTINATION_UNAVAILABLE", "later"],
  ];
  for (const [errno, code, retry] of codes) {
    const failure = mariadbFailure(driverError(errno, "it says so"));
    expect(failure.code, String(errno)).toBe(code);
    expect(failure.message).toBe("it says so");
    expect(new MillraceError(failure.code, "").retry, String(errno)).toBe(retry);
  }
  expect(mariadbFailure(driverError(1205, "")).condition).toBe("lock-timeout");
  expect(mariadbFailure(driverError(1062, "")).condition).toBe("duplicate-key");
  expect(mariadbFailure(driverError(45009, "")).lost).toBe(true);
  expect(databaseError(driverError(1213, "Deadlock"), "querying").retry).toBe("later");
  expect(databaseError(driverError(1062, "Duplicate"), "querying").retry).toBe("never");
});

test("names are quoted, and those that MariaDB cannot have are refused", () => {
  expect(quote("a`b")).toBe("`a``b`");
  for (const name of ["", "a\0b", "\u{1f600}", "ends in a space "])
    expect(() => quote(name), JSON.stringify(name)).toThrow(
      expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }),
    );
});

test("rows are written as LOAD DATA reads them", () => {
  const buffer = new LoadBuffer();
  buffer.row([
    "a\tb\nc\\d",
    null,
    1.5,
    9_007_199_254_740_993n,
    true,
    new Uint8Array([0, 255]),
    "é\u{1f600}",
    "",
  ]);
  expect(buffer.bytes.toString("utf8")).toBe(
    "a\\\tb\\\nc\\\\d\t\\N\t1.5\t9007199254740993\t1\t00ff\té\u{1f600}\t\n",
  );
  buffer.row(["x".repeat(200_000)]);
  expect(buffer.bytes.length).toBeGreaterThan(200_000);
});

test("instants before 1970 and beyond what a number holds are written exactly", () => {
  const codec = nativeCodec({ kind: "timestamp" }, ANYWHERE);
  expect(codec?.encode(-1)).toBe("1969-12-31 23:59:59.999999");
  expect(codec?.encode(0)).toBe("1970-01-01 00:00:00");
  expect(codec?.encode(253_402_300_799_999_999n)).toBe("9999-12-31 23:59:59.999999");
  expect(codec?.decode("1969-12-31 23:59:59.999999")).toBe(-1);
});

test("what has no counterpart is kept as text, in keys as short as an index allows", () => {
  for (const kind of ["json", "interval", "numeric"] as const)
    expect(nativeCodec({ kind }, ANYWHERE), kind).toBe(undefined);
  expect(nativeCodec({ kind: "numeric", precision: 66, scale: 0 }, ANYWHERE)).toBe(undefined);
  expect(nativeCodec({ kind: "numeric", precision: 12, scale: 2 }, ANYWHERE)?.sqlType).toBe("DECIMAL(12,2)");
  expect(textCodec(KEY).sqlType).toMatch(/^VARCHAR\(375\)/);
  expect(textCodec(ANYWHERE).sqlType).toMatch(/^LONGTEXT/);
});

test("columns are converted in place only where every value stays what it is", () => {
  const native = (kind: "boolean" | "integer" | "bigint" | "double" | "date" | "text" | "timestamp") =>
    ({ type: { kind }, form: "native", place: ANYWHERE }) as const;
  expect(convertsInPlace(native("integer"), native("bigint"))).toBe(true);
  expect(convertsInPlace(native("integer"), native("text"))).toBe(true);
  expect(convertsInPlace(native("date"), native("timestamp"))).toBe(true);
  for (const kind of ["boolean", "double", "timestamp"] as const)
    expect(convertsInPlace(native(kind), native("text")), kind).toBe(false);
  expect(convert("`v`", native("boolean"), native("text"))).toBe("IF(`v`, 'true', 'false')");
  expect(convert("`v`", native("double"), native("text"))).toBe(undefined);
});
