import { MillraceError } from "../errors.ts";
import { formatTimestamptz } from "../schema/calendar.ts";
import { canonicalDecimal } from "../schema/decimal.ts";
import { JsonNumber, parseJsonExact } from "./json-exact.ts";

/** Deeper values are refused: they are cycles, or would overflow the stack of whoever reads them. */
const MAX_DEPTH = 500;

/** Why a value has no canonical JSON text. Thrown inside this module only. */
class NoJson extends Error {}

/** What PostgreSQL refuses in a jsonb string: NUL, and halves of surrogate pairs. */
const NUL = "\0";
/** What JSON.stringify would escape. */
// eslint-disable-next-line no-control-regex -- JSON escapes them
const NEEDS_ESCAPE = /[\u0000-\u001f"\\\ud800-\udfff]/;

/**
 * The one JSON text of a value: keys sorted by UTF-16 code unit, no spaces, numbers as plain decimals, bigint and
 * `JsonNumber` exact, `Date` as its UTC text, `Uint8Array` as `\x` hex, properties that are undefined or functions left
 * out. Fails with MLR_ROW_INVALID for what JSON or PostgreSQL's jsonb cannot hold: NaN, infinities, NUL or lone surrogates
 * in strings, cycles, numbers of more than 131,072 digits, Map and Set.
 */
export function canonicalJson(value: unknown): string {
  try {
    return write(value, 0);
  } catch (error) {
    if (!(error instanceof NoJson)) throw error;
    throw new MillraceError("MLR_ROW_INVALID", `a value cannot be written as JSON: ${error.message}`);
  }
}

/** As `canonicalJson`, but undefined where it would fail. */
export function tryCanonicalJson(value: unknown): string | undefined {
  try {
    return write(value, 0);
  } catch (error) {
    if (error instanceof NoJson) return undefined;
    throw error;
  }
}

/** Why `canonicalJson` fails, as the end of a sentence; undefined where it does not. */
export function whyNotJson(value: unknown): string | undefined {
  try {
    write(value, 0);
    return undefined;
  } catch (error) {
    if (error instanceof NoJson) return error.message;
    throw error;
  }
}

/** The canonical form of a JSON text. Throws SyntaxError where it is no JSON, otherwise as `canonicalJson`. */
export function canonicalJsonText(text: string): string {
  return canonicalJson(parseJsonExact(text));
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return quoteJson(value);
    case "number":
    case "bigint":
      return number(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : writeObject(value, depth);
    default:
      throw new NoJson(value === undefined ? "undefined is no JSON" : `a ${typeof value} is no JSON`);
  }
}

function number(value: number | bigint): string {
  const text = canonicalDecimal(value);
  if (text === undefined) throw new NoJson(`JSON has no ${value}`);
  return text;
}

/** The JSON string of a text. Throws for NUL and lone surrogates. */
function quoteJson(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return `"${text}"`;
  if (text.includes(NUL)) throw new NoJson("it holds a NUL character");
  if (!text.isWellFormed()) throw new NoJson("it holds half of a surrogate pair");
  return JSON.stringify(text);
}

function writeObject(value: object, depth: number): string {
  if (depth > MAX_DEPTH) throw new NoJson(`it is nested deeper than ${MAX_DEPTH} levels, or contains itself`);
  if (Array.isArray(value)) return writeArray(value, depth);
  const special = writeSpecial(value, depth);
  if (special !== undefined) return special;
  let text = "";
  const fields = value as Record<string, unknown>;
  for (const key of sortedKeys(fields)) {
    const field = fields[key];
    if (field === undefined || typeof field === "function" || typeof field === "symbol") continue;
    text += `${text === "" ? "" : ","}${quoteJson(key)}:${write(field, depth + 1)}`;
  }
  return `{${text}}`;
}

function writeArray(values: readonly unknown[], depth: number): string {
  let text = "";
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    text += i === 0 ? "" : ",";
    text += value === undefined ? "null" : write(value, depth + 1);
  }
  return `[${text}]`;
}

function writeSpecial(value: object, depth: number): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype && !("toJSON" in value)) return undefined;
  if (value instanceof JsonNumber) return exactNumber(value);
  if (value instanceof Date) return `"${dateText(value)}"`;
  if (value instanceof Uint8Array)
    return `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}"`;
  if (value instanceof Map || value instanceof Set) throw new NoJson("a Map or Set is no JSON");
  if ("toJSON" in value && typeof value.toJSON === "function") return write(value.toJSON(), depth + 1);
  return undefined;
}

function exactNumber(value: JsonNumber): string {
  const text = canonicalDecimal(value.text);
  if (text === undefined) throw new NoJson(`the number ${value.text} has too many digits`);
  return text;
}

function dateText(value: Date): string {
  const millis = value.getTime();
  const year = value.getUTCFullYear();
  if (Number.isNaN(millis) || year < 1 || year > 9999) throw new NoJson("it holds an invalid Date");
  return formatTimestamptz(BigInt(millis) * 1000n);
}

/** Keys by UTF-16 code unit, which is how JavaScript compares strings. Sorting is skipped where they are in order. */
function sortedKeys(value: Record<string, unknown>): string[] {
  const keys = Object.keys(value);
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i - 1] ?? "") > (keys[i] ?? "")) return keys.sort(byCodeUnit);
  }
  return keys;
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
