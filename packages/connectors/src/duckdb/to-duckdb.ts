import {
  compileStore,
  MillraceError,
  MISFIT,
  describeMisfit,
  parseInterval,
  type ColumnType,
  type ScalarType,
} from "@millrace/core";
import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { Driver } from "./driver.ts";

/** How many digits DuckDB's decimals have. */
const MAX_DIGITS = 38;

/** A type of ours as DuckDB has it, with what makes its values of those that rows carry. */
export interface DuckColumn {
  /** As in CREATE TABLE. */
  readonly sql: string;
  readonly type: DuckDBType;
  readonly value: (given: unknown) => DuckDBValue;
}

/**
 * The DuckDB column for a type.
 * @param scale of numeric without precision: digits behind the point
 */
export function duckColumn(driver: Driver, type: ColumnType, scale: number): DuckColumn {
  const exact = type.kind === "array" ? type.of : type;
  const scalar = scalarColumn(driver, exact, scale);
  const store = compileStore(type, { declared: true });
  const stored = (given: unknown): unknown => {
    const value = store(given);
    if (value !== MISFIT) return value;
    throw new MillraceError("MLR_ROW_INVALID", `sql(): ${describeMisfit(given, type)}`, {
      hint: "Leave such rows out or correct them before sql(), or declare another type with the option columns.",
    });
  };
  const convert = (value: unknown): DuckDBValue =>
    value === null || value === undefined ? null : scalar.value(value);
  if (type.kind !== "array") return { ...scalar, value: (given) => convert(stored(given)) };
  return {
    sql: `${scalar.sql}[]`,
    type: driver.LIST(scalar.type),
    value: (given) => {
      const list = stored(given);
      return list === null ? null : driver.listValue((list as readonly unknown[]).map(convert));
    },
  };
}

type Scalar = DuckColumn;

function scalarColumn(driver: Driver, type: ScalarType, scale: number): Scalar {
  const micros = (value: unknown): bigint => BigInt(value as number | bigint);
  const same = (value: unknown): DuckDBValue => value as DuckDBValue;
  switch (type.kind) {
    case "boolean":
      return { sql: "BOOLEAN", type: driver.BOOLEAN, value: same };
    case "smallint":
      return { sql: "SMALLINT", type: driver.SMALLINT, value: same };
    case "integer":
      return { sql: "INTEGER", type: driver.INTEGER, value: same };
    case "bigint":
      return { sql: "BIGINT", type: driver.BIGINT, value: micros };
    case "numeric":
      return decimalColumn(driver, type, scale);
    case "real":
      return { sql: "FLOAT", type: driver.FLOAT, value: same };
    case "double":
      return { sql: "DOUBLE", type: driver.DOUBLE, value: same };
    case "text":
      return { sql: "VARCHAR", type: driver.VARCHAR, value: same };
    case "json":
      return { sql: "JSON", type: driver.VARCHAR, value: same };
    case "uuid":
      return { sql: "UUID", type: driver.UUID, value: (v) => driver.uuidValue(uuidNumber(v as string)) };
    case "bytea":
      return { sql: "BLOB", type: driver.BLOB, value: (v) => driver.blobValue(v as Uint8Array) };
    case "date":
      return { sql: "DATE", type: driver.DATE, value: (v) => driver.dateValue(v as number) };
    case "time":
      return { sql: "TIME", type: driver.TIME, value: (v) => driver.timeValue(micros(v)) };
    case "timestamp":
      return { sql: "TIMESTAMP", type: driver.TIMESTAMP, value: (v) => driver.timestampValue(micros(v)) };
    case "timestamptz":
      return {
        sql: "TIMESTAMPTZ",
        type: driver.TIMESTAMPTZ,
        value: (v) => driver.timestampTZValue(micros(v)),
      };
    case "interval":
      return { sql: "INTERVAL", type: driver.INTERVAL, value: (v) => intervalOf(driver, v as string) };
  }
}

function decimalColumn(driver: Driver, type: ScalarType, needed: number): Scalar {
  const width = type.precision ?? MAX_DIGITS;
  const scale = type.precision === undefined ? needed : (type.scale ?? 0);
  if (width > MAX_DIGITS || scale > width) throw tooLong(`numeric(${width},${scale})`);
  return {
    sql: `DECIMAL(${width},${scale})`,
    type: driver.DECIMAL(width, scale),
    value: (value) => driver.decimalValue(unscaled(value as string, width, scale), width, scale),
  };
}

function unscaled(text: string, width: number, scale: number): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  if (!/^-?\d+$/.test(whole)) throw tooLong(text);
  const digits = `${whole}${fraction.padEnd(scale, "0")}`;
  if (digits.replace(/^-?0*/, "").length > width) throw tooLong(text);
  return BigInt(digits);
}

function tooLong(what: string): MillraceError {
  return new MillraceError(
    "MLR_ROW_INVALID",
    `sql(): DuckDB's decimals, which have ${MAX_DIGITS} digits, cannot hold ${what}`,
    {
      hint: "Declare the column as double or text with the option columns.",
    },
  );
}

function uuidNumber(text: string): bigint {
  return BigInt(`0x${text.replaceAll("-", "")}`);
}

function intervalOf(driver: Driver, text: string): DuckDBValue {
  const { months = 0, days = 0, micros = 0n } = parseInterval(text) ?? {};
  return driver.intervalValue(months, days, micros);
}
