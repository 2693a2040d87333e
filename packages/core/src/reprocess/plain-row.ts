import { canonicalJson } from "../hash/canonical-json.ts";
import { JsonNumber, parseJsonExact } from "../hash/json-exact.ts";

/** Deeper values are cycles, or would overflow the stack. */
const MAX_DEPTH = 64;

/** A value that has no text to come back from, such as a function. Thrown inside this module only. */
class NoText extends Error {}

/**
 * A row as JSON text from which `readRow` makes the same row again: values that JSON does not have are objects with one
 * property, `$date`, `$bytes`, `$bigint`, `$number`, `$exact`, `$text` or `$object`. Undefined where a value cannot come
 * back, such as a function or an object of a class.
 */
export function writeRow(row: unknown): string | undefined {
  try {
    return canonicalJson(plain(row, 0));
  } catch (error) {
    if (error instanceof NoText) return undefined;
    // Numbers of too many digits, for one, have no canonical form either.
    return undefined;
  }
}

/** The row that `writeRow` wrote. */
export function readRow(text: string): unknown {
  return revive(parseJsonExact(text));
}

function plain(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() && !value.includes("\0") ? value : tagged("$text", utf16(value));
    case "number":
      return plainNumber(value);
    case "bigint":
      return tagged("$bigint", value.toString());
    case "boolean":
      return value;
    case "object":
      return value === null ? null : plainObject(value, depth);
    default:
      throw new NoText();
  }
}

function plainNumber(value: number): unknown {
  const simple = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  return simple && !Object.is(value, -0)
    ? value
    : tagged("$number", Object.is(value, -0) ? "-0" : String(value));
}

function plainObject(value: object, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new NoText();
  if (value instanceof Date) return tagged("$date", Number.isNaN(value.getTime()) ? "" : value.toISOString());
  if (value instanceof Uint8Array) return tagged("$bytes", Buffer.from(value).toString("base64"));
  if (value instanceof JsonNumber) return tagged("$exact", value.text);
  if (Array.isArray(value)) return value.map((each) => plain(each === undefined ? null : each, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new NoText();
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  const odd = entries.some(([name]) => name.startsWith("$") || name.includes("\0") || !name.isWellFormed());
  if (odd)
    return tagged(
      "$object",
      entries.map(([name, each]) => [plain(name, depth), plain(each, depth + 1)]),
    );
  return Object.fromEntries(entries.map(([name, each]) => [name, plain(each, depth + 1)]));
}

function tagged(tag: string, value: unknown): Readonly<Record<string, unknown>> {
  return { [tag]: value };
}

function utf16(text: string): string {
  return Buffer.from(text, "utf16le").toString("base64");
}

function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  // All digits of a fraction that JavaScript would round were written by `$exact`.
  if (value instanceof JsonNumber) return Number(value.text);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && first[0].startsWith("$")) {
    return reviveTagged(first[0], first[1]);
  }
  return Object.fromEntries(entries.map(([name, each]) => [name, revive(each)]));
}

function reviveTagged(tag: string, value: unknown): unknown {
  switch (tag) {
    case "$date":
      return new Date(value === "" ? Number.NaN : String(value));
    case "$bytes":
      return new Uint8Array(Buffer.from(String(value), "base64"));
    case "$bigint":
      return BigInt(String(value));
    case "$number":
      return Number(value);
    case "$exact":
      return new JsonNumber(String(value));
    case "$text":
      return Buffer.from(String(value), "base64").toString("utf16le");
    default:
      return Object.fromEntries(
        (value as readonly (readonly [unknown, unknown])[]).map(([name, each]) => [
          String(revive(name)),
          revive(each),
        ]),
      );
  }
}
