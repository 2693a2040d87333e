import { JsonNumber } from "../hash/json-exact.ts";
import type { ColumnType } from "./column-type.ts";
import { canonicalDecimal } from "./decimal.ts";
import { instantOf, parseDateTime } from "./parse-time.ts";
import { EXPONENT, PLAIN_DECIMAL, PLAIN_INTEGER } from "./store-number.ts";

/** What is known of the source of a value. */
export interface InferOptions {
  /** The source knows only text (CSV): strings may mean booleans and numbers, and the empty string means null. Default false. */
  readonly untyped?: boolean;
  /** With `untyped`: the empty string is a text. Default false. */
  readonly keepEmpty?: boolean;
}

const BOOLEAN: ColumnType = { kind: "boolean" };
const INTEGER: ColumnType = { kind: "integer" };
const BIGINT: ColumnType = { kind: "bigint" };
const NUMERIC: ColumnType = { kind: "numeric" };
const DOUBLE: ColumnType = { kind: "double" };
const TEXT: ColumnType = { kind: "text" };
const DATE: ColumnType = { kind: "date" };
const TIMESTAMP: ColumnType = { kind: "timestamp" };
const TIMESTAMPTZ: ColumnType = { kind: "timestamptz" };
const JSON_TYPE: ColumnType = { kind: "json" };
const BYTEA: ColumnType = { kind: "bytea" };

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/**
 * The type of the column that a value suggests; undefined for null and undefined, which suggest none. Strings of typed
 * sources may be dates and times, never numbers. smallint, real, time, interval, uuid and arrays are never inferred.
 */
export function inferType(value: unknown, options: InferOptions = {}): ColumnType | undefined {
  switch (typeof value) {
    case "string":
      return options.untyped ? inferUntyped(value, options.keepEmpty ?? false) : inferText(value);
    case "number":
      return inferNumber(value);
    case "bigint":
      return inferBigint(value);
    case "boolean":
      return BOOLEAN;
    case "object":
      return value === null ? undefined : inferObject(value);
    case "undefined":
      return undefined;
    default:
      return TEXT;
  }
}

function inferNumber(value: number): ColumnType {
  if (!Number.isInteger(value)) return DOUBLE;
  if (value >= -2_147_483_648 && value <= 2_147_483_647) return INTEGER;
  return value >= -(2 ** 63) && value < 2 ** 63 ? BIGINT : NUMERIC;
}

function inferBigint(value: bigint): ColumnType {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return inferNumber(number);
  return value >= MIN_INT64 && value <= MAX_INT64 ? BIGINT : NUMERIC;
}

function inferObject(value: object): ColumnType {
  if (value instanceof Date) return TIMESTAMPTZ;
  if (value instanceof Uint8Array) return BYTEA;
  if (!(value instanceof JsonNumber)) return JSON_TYPE;
  // More digits than a numeric holds still can be kept as text.
  return canonicalDecimal(value.text) === undefined ? TEXT : NUMERIC;
}

function inferText(text: string): ColumnType {
  if (text.length < 10 || text.charCodeAt(4) !== 45) return TEXT;
  const parsed = parseDateTime(text);
  if (parsed === undefined) return TEXT;
  if (!parsed.hasTime) return DATE;
  const zoned = parsed.hasZone;
  if (instantOf(parsed) === undefined) return TEXT;
  return zoned ? TIMESTAMPTZ : TIMESTAMP;
}

function inferUntyped(text: string, keepEmpty: boolean): ColumnType | undefined {
  if (text === "") return keepEmpty ? TEXT : undefined;
  if (text === "true" || text === "false") return BOOLEAN;
  const first = text.charCodeAt(0);
  if (first !== 45 && (first < 48 || first > 57)) return TEXT;
  if (PLAIN_INTEGER.test(text)) return inferBigintText(text);
  if (PLAIN_DECIMAL.test(text)) return canonicalDecimal(text) === undefined ? TEXT : NUMERIC;
  return EXPONENT.test(text) ? inferExponent(text) : inferText(text);
}

function inferBigintText(text: string): ColumnType {
  if (text.length <= 15) return inferNumber(Number(text));
  if (text.length > 20) return canonicalDecimal(text) === undefined ? TEXT : NUMERIC;
  return inferBigint(BigInt(text));
}

/** A double, unless it would lose digits. */
function inferExponent(text: string): ColumnType {
  const exact = canonicalDecimal(text);
  if (exact === undefined) return TEXT;
  return canonicalDecimal(Number(text)) === exact ? DOUBLE : NUMERIC;
}
