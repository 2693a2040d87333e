import { whyNotJson } from "../hash/canonical-json.ts";
import { JsonNumber } from "../hash/json-exact.ts";
import type { ColumnType } from "./column-type.ts";
import { canonicalDecimal } from "./decimal.ts";
import { formatColumnType } from "./type-text.ts";

/** What a compiled store gives instead of a value that its type cannot hold. */
export const MISFIT: unique symbol = Symbol("misfit");
/** The type of `MISFIT`. */
export type Misfit = typeof MISFIT;

/** Longest text of a value in a message. */
const SHOWN = 60;

/** Says why a value does not fit a type: `"2026-02-30" is no date: there is no such day`. */
export function describeMisfit(value: unknown, type: ColumnType): string {
  const reason = reasonOf(value, type);
  const what = `${showValue(value)} is no ${formatColumnType(type)}`;
  return reason === undefined ? what : `${what}: ${reason}`;
}

/** A value as a person would write it, shortened. */
export function showValue(value: unknown): string {
  const text = valueText(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN).toWellFormed()}… (${text.length} characters)` : text;
}

function valueText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof JsonNumber) return value.text;
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? "an object";
  } catch {
    return "an object";
  }
}

function reasonOf(value: unknown, type: ColumnType): string | undefined {
  if (type.kind === "json") return whyNotJson(value);
  if (typeof value === "string") return textReason(value, type);
  if (type.kind === "numeric" && type.precision !== undefined)
    return digitsReason(type.precision, type.scale ?? 0);
  if (typeof value === "number" || typeof value === "bigint") return numberReason(value, type);
  if (typeof value === "object")
    return whyNotJson(value) ?? `it is ${Array.isArray(value) ? "an array" : "an object"}`;
  return `it is a ${typeof value}`;
}

function textReason(text: string, type: ColumnType): string | undefined {
  if (text.includes("\0")) return "it holds a NUL character, which databases refuse";
  if (!text.isWellFormed()) return "it holds half of a surrogate pair, which UTF-8 cannot hold";
  switch (type.kind) {
    case "date":
    case "timestamp":
    case "timestamptz":
      return /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d|$)/.test(text) ? timeReason(text, type.kind) : undefined;
    case "numeric":
      return type.precision !== undefined && canonicalDecimal(text) !== undefined
        ? digitsReason(type.precision, type.scale ?? 0)
        : undefined;
    case "smallint":
    case "integer":
    case "bigint":
      return canonicalDecimal(text) === undefined
        ? undefined
        : "it is out of range, has a fraction, or is a string";
    default:
      return undefined;
  }
}

function timeReason(text: string, kind: string): string {
  return kind === "date" && text.length > 10
    ? "it has a time of day, or there is no such day"
    : "there is no such day or time";
}

function digitsReason(precision: number, scale: number): string {
  return `it has more than ${precision - scale} digits before the point`;
}

function numberReason(value: number | bigint, type: ColumnType): string | undefined {
  switch (type.kind) {
    case "smallint":
    case "integer":
    case "bigint":
      return typeof value === "number" && !Number.isInteger(value) ? "it is not whole" : "it is out of range";
    case "date":
    case "time":
    case "timestamp":
    case "timestamptz":
      return "a number says no unit; convert it to a Date or an ISO text first";
    case "real":
    case "double":
      return "it cannot be held exactly";
    default:
      return "it is a number";
  }
}
