import { canonicalDecimal } from "@millrace/core";
import { malformed } from "./malformed.ts";
import type { Side } from "./market-event.ts";

/** A part of a message that is an object. */
export type Fields = Readonly<Record<string, unknown>>;

const PLAIN = /^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:Z|\+00:00)$/;
/** Beyond year 5138 and before 1970, a time is no time. */
const LATEST_MS = 1e14;

/** The object in `value`. Fails with MLR_ROW_MALFORMED. */
export function object(value: unknown, field: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw malformed(field, value, "an object");
  return value as Fields;
}

/** The array in `value`. Fails with MLR_ROW_MALFORMED. */
export function array(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(field, value, "an array");
  return value;
}

/** The text in `value`, which is not empty. Fails with MLR_ROW_MALFORMED. */
export function text(value: unknown, field: string): string {
  if (typeof value !== "string" || value === "") throw malformed(field, value, "a text");
  return value;
}

/** The exact decimal in `value`, without trailing zeros. Fails with MLR_ROW_MALFORMED. */
export function decimal(value: unknown, field: string): string {
  if (typeof value === "string" && PLAIN.test(value) && value !== "-0") return value;
  const given = typeof value === "number" || (typeof value === "string" && NUMBER.test(value));
  const plain = given ? canonicalDecimal(value) : undefined;
  if (plain === undefined) throw malformed(field, value, "a decimal number");
  return plain;
}

/** As `decimal`, but null where nothing is told (absent, null or an empty text). */
export function maybeDecimal(value: unknown, field: string): string | null {
  return value === undefined || value === null || value === "" ? null : decimal(value, field);
}

/** An integer that is exact, given as a number or as digits. Fails with MLR_ROW_MALFORMED. */
export function integer(value: unknown, field: string): number {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number))
    throw malformed(field, value, "an integer");
  return number;
}

/** Microseconds of a time in milliseconds, given as a number or as digits. Fails with MLR_ROW_MALFORMED. */
export function millis(value: unknown, field: string): number {
  const ms = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof ms !== "number" || !Number.isInteger(ms) || ms < 0 || ms > LATEST_MS)
    throw malformed(field, value, "a time in milliseconds");
  return ms * 1_000;
}

/** Microseconds of a time that is in milliseconds or, when so large that it must be, in microseconds. */
export function millisOrMicros(value: unknown, field: string): number {
  if (typeof value === "number" && value > LATEST_MS && Number.isSafeInteger(value)) return value;
  return millis(value, field);
}

/** Nanoseconds of a time such as `2026-01-02T03:04:05.123456789Z`. Fails with MLR_ROW_MALFORMED. */
export function isoNanos(value: unknown, field: string): bigint {
  const match = typeof value === "string" ? ISO.exec(value) : null;
  const seconds = match === null ? Number.NaN : Date.parse(`${(value as string).slice(0, 19)}Z`);
  if (match === null || Number.isNaN(seconds)) throw malformed(field, value, "a time in UTC");
  return BigInt(seconds) * 1_000_000n + BigInt((match[1] ?? "").padEnd(9, "0"));
}

/** Microseconds of a time such as `2026-01-02T03:04:05.123456Z`; what is finer is cut off. Fails with MLR_ROW_MALFORMED. */
export function isoMicros(value: unknown, field: string): number {
  const match = typeof value === "string" ? ISO.exec(value) : null;
  const ms = match === null ? Number.NaN : Date.parse(`${(value as string).slice(0, 19)}Z`);
  if (match === null || Number.isNaN(ms)) throw malformed(field, value, "a time in UTC");
  return ms * 1_000 + Number((match[1] ?? "").padEnd(6, "0").slice(0, 6));
}

/** `buy` or `sell`, in any case of letters. Fails with MLR_ROW_MALFORMED. */
export function side(value: unknown, field: string): Side {
  if (value === "buy" || value === "sell") return value;
  if (value === "BUY") return "buy";
  if (value === "SELL") return "sell";
  throw malformed(field, value, '"buy" or "sell"');
}
