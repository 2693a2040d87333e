import { canonicalText, JsonNumber, parseJsonExact, type ColumnType, type Json } from "@millrace/core";

/**
 * A value in storage form as JSON for people and programs: numbers and booleans as such where a JavaScript number holds
 * them exactly, JSON columns as what they hold, everything else as its canonical text.
 */
export function jsonValue(type: ColumnType, stored: unknown): Json {
  if (stored === null || stored === undefined) return null;
  if (type.kind === "array")
    return (stored as readonly unknown[]).map((element) => jsonValue(type.of, element));
  if (typeof stored === "boolean") return stored;
  if (type.kind === "json") return exactJson(parseJsonExact(stored as string));
  if (isPlainNumber(type, stored)) return stored as number;
  return canonicalText(type)(stored);
}

function isPlainNumber(type: ColumnType, stored: unknown): boolean {
  if (!["smallint", "integer", "bigint", "real", "double"].includes(type.kind)) return false;
  return typeof stored === "number" && Number.isFinite(stored);
}

/** Numbers that JSON.parse would round become their text. */
export function exactJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map(exactJson);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof JsonNumber) return value.text;
  if (typeof value !== "object" || value === null) return value as Json;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, exactJson(field)]));
}
