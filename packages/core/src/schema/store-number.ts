import { JsonNumber } from "../hash/json-exact.ts";
import type { ScalarType } from "./column-type.ts";
import { canonicalDecimal, fitDecimal } from "./decimal.ts";
import { MISFIT } from "./misfit.ts";
import { isNotFinite } from "./storage.ts";
import type { Store, StoreHints } from "./store.ts";

/** Integers as untyped sources may write them: what has other zeros or a plus is an identifier, and stays text. */
export const PLAIN_INTEGER = /^-?(0|[1-9]\d*)$/;
/** Decimals likewise; trailing zeros are fine. */
export const PLAIN_DECIMAL = /^-?(0|[1-9]\d*)(\.\d+)?$/;
/** Decimals with an exponent. */
export const EXPONENT = /^-?(0|[1-9]\d*)(\.\d+)?[eE][+-]?\d+$/;

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/** @param min inclusive. @param max inclusive, but 2^63 stands for the largest bigint. */
export function integerStore(min: number, max: number, hints: StoreHints): Store {
  return (value) => {
    if (typeof value === "number") {
      if (value >= min && value <= max && Number.isSafeInteger(value)) return value === 0 ? 0 : value;
      return Number.isInteger(value) ? fitBigint(BigInt(value), min, max) : MISFIT;
    }
    if (typeof value === "bigint") return fitBigint(value, min, max);
    const digits = integerDigits(value, hints);
    return digits === undefined ? MISFIT : fitDigits(digits, min, max);
  };
}

/** The plain digits of a whole number that came as text or as an exact JSON number. */
function integerDigits(value: unknown, hints: StoreHints): string | undefined {
  if (value instanceof JsonNumber) return wholeDigits(value.text);
  if (typeof value !== "string") return undefined;
  if (hints.declared) return wholeDigits(value.trim());
  return hints.untyped && PLAIN_INTEGER.test(value) ? value : undefined;
}

function wholeDigits(text: string): string | undefined {
  const decimal = canonicalDecimal(text);
  return decimal === undefined || decimal.includes(".") ? undefined : decimal;
}

function fitDigits(digits: string, min: number, max: number): unknown {
  if (digits.length > 20) return MISFIT;
  const number = Number(digits);
  if (!Number.isSafeInteger(number)) return fitBigint(BigInt(digits), min, max);
  return number < min || number > max ? MISFIT : number + 0;
}

function fitBigint(value: bigint, min: number, max: number): unknown {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number < min || number > max ? MISFIT : number;
  return max === 2 ** 63 && value >= MIN_INT64 && value <= MAX_INT64 ? value : MISFIT;
}

/** Stores numerics as canonical decimal text, rounded half away from zero to the scale where there is one. */
export function numericStore(type: ScalarType, hints: StoreHints): Store {
  const { precision, scale } = type;
  if (precision === undefined) return (value) => numericText(value, hints) ?? MISFIT;
  return (value) => {
    const text = numericText(value, hints);
    if (text === undefined) return MISFIT;
    // PostgreSQL takes NaN but no infinities where a precision is given.
    if (isNotFinite(text)) return text === "NaN" ? text : MISFIT;
    return fitDecimal(text, precision, scale ?? 0) ?? MISFIT;
  };
}

function numericText(value: unknown, hints: StoreHints): string | undefined {
  if (typeof value === "number") return canonicalDecimal(value) ?? String(value);
  if (typeof value === "bigint") return canonicalDecimal(value);
  if (value instanceof JsonNumber) return canonicalDecimal(value.text);
  if (typeof value !== "string") return undefined;
  if (hints.declared) return canonicalDecimal(value) ?? notFinite(value) ?? canonicalDecimal(value.trim());
  return hints.untyped && (PLAIN_DECIMAL.test(value) || EXPONENT.test(value))
    ? canonicalDecimal(value)
    : undefined;
}

/** Special values as databases and languages spell them. */
function notFinite(text: string): string | undefined {
  if (isNotFinite(text)) return text;
  const parts = /^\s*(?:(nan)|([+-]?)(?:inf|infinity))\s*$/i.exec(text);
  if (parts === null) return undefined;
  if (parts[1] !== undefined) return "NaN";
  return parts[2] === "-" ? "-Infinity" : "Infinity";
}

/** Stores doubles, or with `single` reals, rounded to what 32 bits hold; -0 becomes 0. */
export function floatStore(single: boolean, hints: StoreHints): Store {
  return (value) => {
    const number = typeof value === "number" ? value : toNumber(value, hints);
    if (number === undefined) return MISFIT;
    if (!single) return number === 0 ? 0 : number;
    const rounded = Math.fround(number);
    if (!Number.isFinite(rounded) && Number.isFinite(number)) return MISFIT;
    return rounded === 0 ? 0 : rounded;
  };
}

/** Text, bigint and exact numbers go into a double where it holds them exactly, or the type was declared. */
function toNumber(value: unknown, hints: StoreHints): number | undefined {
  const text = decimalText(value, hints);
  if (text === undefined) {
    const special = hints.declared && typeof value === "string" ? notFinite(value) : undefined;
    return special === undefined ? undefined : Number(special);
  }
  const number = Number(text);
  if (!Number.isFinite(number)) return undefined;
  return hints.declared || canonicalDecimal(number) === text ? number : undefined;
}

function decimalText(value: unknown, hints: StoreHints): string | undefined {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof JsonNumber) return canonicalDecimal(value.text);
  if (typeof value !== "string") return undefined;
  if (hints.declared) return canonicalDecimal(value.trim());
  return hints.untyped && (PLAIN_DECIMAL.test(value) || EXPONENT.test(value))
    ? canonicalDecimal(value)
    : undefined;
}
