import { canonicalDecimal } from "../schema/decimal.ts";
import { writeText } from "./write-text.ts";

/** Bytes that `writeInteger` may need. */
export const INTEGER_BYTES = 20;

/** Writes a safe integer in decimal at `at` and gives where it ends. */
export function writeInteger(bytes: Buffer, at: number, value: number): number {
  if (value > 999_999_999 || value < -999_999_999) return writeText(bytes, at, String(value));
  let rest = value | 0;
  if (rest < 0) {
    bytes[at++] = 45;
    rest = -rest;
  }
  let end = at + 1;
  for (let limit = 10; rest >= limit; limit *= 10) end++;
  for (let i = end - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    bytes[i] = 48 + rest - next * 10;
    rest = next;
  }
  return end;
}

/** Bytes that `writeDouble` may need: the smallest doubles have over 340 digits when written out. */
export const DOUBLE_BYTES = 400;

/** Writes the plain decimal of a double, or its name if it is not finite. */
export function writeDouble(bytes: Buffer, at: number, value: number): number {
  if ((value | 0) === value) return writeInteger(bytes, at, value);
  const size = Math.abs(value);
  // Outside of these limits JavaScript writes an exponent.
  const plain = size >= 1e-6 && size < 1e21;
  return writeText(bytes, at, plain ? String(value) : (canonicalDecimal(value) ?? String(value)));
}
