import { canonicalText, JsonNumber, parseJsonExact, type ColumnType, type Json } from "@millrace/core";

const NUMBERS: ReadonlySet<string> = new Set(["smallint", "integer", "bigint", "real", "double"]);

/** A value in storage form as JSON: plain where JSON has it, otherwise its canonical text. */
export function jsonValue(type: ColumnType, stored: unknown): Json {
  if (stored === null || stored === undefined) return null;
  if (type.kind === "array")
    return (stored as readonly unknown[]).map((element) => jsonValue(type.of, element));
  if (typeof stored === "boolean") return stored;
  if (type.kind === "json") return exactJson(parseJsonExact(stored as string));
  if (NUMBERS.has(type.kind) && typeof stored === "number" && Number.isFinite(stored)) return stored;
  return canonicalText(type)(stored);
}

/** Numbers that JSON.parse would round become their text. */
function exactJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map(exactJson);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof JsonNumber) return value.text;
  if (typeof value !== "object" || value === null) return value as Json;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, exactJson(field)]));
}
