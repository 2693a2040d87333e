import type { ColumnType, ScalarType } from "./column-type.ts";
import { MAX_DAYS, MIN_DAYS, DAY_MICROS } from "./calendar.ts";
import { canonicalDecimal } from "./decimal.ts";
import { formatInterval, parseInterval } from "./interval.ts";

/**
 * Storage form: what a value looks like when it reaches a destination, one JavaScript shape per column type.
 *
 * | type | storage form |
 * |---|---|
 * | boolean | boolean |
 * | smallint, integer | number |
 * | bigint | number if it is a safe integer, otherwise bigint |
 * | numeric | string: plain decimal without needless zeros; or `NaN`, `Infinity`, `-Infinity` |
 * | real | number that `Math.fround` leaves alone; never -0 |
 * | double | number; never -0 |
 * | text | string without NUL and lone surrogates |
 * | uuid | lower-case string, 8-4-4-4-12 |
 * | date | days since 1970-01-01 |
 * | time | microseconds since midnight |
 * | timestamp, timestamptz | microseconds since 1970-01-01 (UTC), number if safe, otherwise bigint |
 * | interval | string: `P14M3DT12.5S` |
 * | json | string: canonical JSON text |
 * | bytea | Uint8Array |
 * | array | array of the storage forms above, or null |
 *
 * Null and absent mean null.
 */
export type Stored = boolean | number | bigint | string | Uint8Array | null | readonly Stored[];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a value is in the storage form of a type. For tests and assertions: it is thorough, not fast. */
export function isStored(type: ColumnType, value: unknown): value is Stored {
  if (value === null || value === undefined) return true;
  if (type.kind !== "array") return isStoredScalar(type, value);
  return (
    Array.isArray(value) && value.every((element) => element !== undefined && isStored(type.of, element))
  );
}

function isStoredScalar(type: ScalarType, value: unknown): boolean {
  switch (type.kind) {
    case "boolean":
      return typeof value === "boolean";
    case "smallint":
      return isInteger(value, -32_768, 32_767);
    case "integer":
      return isInteger(value, -2_147_483_648, 2_147_483_647);
    case "bigint":
      return Number.isSafeInteger(value) ? !Object.is(value, -0) : isInt64(value);
    case "numeric":
      return typeof value === "string" && (isNotFinite(value) || canonicalDecimal(value) === value);
    case "real":
      return typeof value === "number" && !Object.is(value, -0) && Object.is(Math.fround(value), value);
    case "double":
      return typeof value === "number" && !Object.is(value, -0);
    case "text":
      return typeof value === "string" && isStorableText(value);
    case "uuid":
      return typeof value === "string" && UUID.test(value);
    case "date":
      return isInteger(value, MIN_DAYS, MAX_DAYS);
    case "time":
      return isInteger(value, 0, DAY_MICROS);
    case "timestamp":
    case "timestamptz":
      return isStoredInstant(value);
    case "interval":
      return typeof value === "string" && canonicalInterval(value) === value;
    case "json":
      return typeof value === "string" && value !== "";
    case "bytea":
      return value instanceof Uint8Array;
  }
}

function isInteger(value: unknown, min: number, max: number): boolean {
  return (
    Number.isInteger(value) && !Object.is(value, -0) && (value as number) >= min && (value as number) <= max
  );
}

function isInt64(value: unknown): boolean {
  return (
    typeof value === "bigint" && !Number.isSafeInteger(Number(value)) && BigInt.asIntN(64, value) === value
  );
}

/** Microseconds since 1970-01-01 within the years 1 to 9999, as a bigint exactly where a number would not be safe. */
export function isStoredInstant(value: unknown): value is number | bigint {
  if (typeof value === "number")
    return Number.isSafeInteger(value) && !Object.is(value, -0) && value >= MIN_DAYS * DAY_MICROS;
  if (typeof value !== "bigint" || Number.isSafeInteger(Number(value))) return false;
  return value >= BigInt(MIN_DAYS) * BigInt(DAY_MICROS) && value < BigInt(MAX_DAYS + 1) * BigInt(DAY_MICROS);
}

/** Numeric values that are no decimals. */
export function isNotFinite(text: string): boolean {
  return text === "NaN" || text === "Infinity" || text === "-Infinity";
}

/** Databases refuse NUL in text, and UTF-8 has no halves of surrogate pairs. */
export function isStorableText(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** The storage form of an interval's text, undefined where it is none. */
export function canonicalInterval(text: string): string | undefined {
  const interval = parseInterval(text);
  return interval === undefined ? undefined : formatInterval(interval);
}
