import { canonicalDecimal } from "../schema/decimal.ts";
import { writeText } from "./write-text.ts";

/** Bytes that `writeInteger` may need. */
export const INTEGER_BYTES = 20;

/** What fits into 32 bits with all its digits. */
const BILLION = 1_000_000_000;

/** Writes a safe integer in decimal at `at` and gives where it ends. */
export function writeInteger(bytes: Buffer, at: number, value: number): number {
  if (value < 0) {
    bytes[at] = 45;
    return writePositive(bytes, at + 1, -value);
  }
  return writePositive(bytes, at, value);
}

function writePositive(bytes: Buffer, at: number, value: number): number {
  if (value < BILLION) return writeDigits(bytes, at, value | 0, digitsOf(value));
  const high = Math.floor(value / BILLION);
  return writeDigits(bytes, writePositive(bytes, at, high), (value - high * BILLION) | 0, 9);
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}

/** Writes the last `width` digits of a 32-bit integer, with leading zeros. */
function writeDigits(bytes: Buffer, at: number, value: number, width: number): number {
  let rest = value;
  for (let i = at + width - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    bytes[i] = 48 + rest - next * 10;
    rest = next;
  }
  return at + width;
}

/** Bytes that `writeDouble` may need: the smallest doubles have over 340 digits when written out. */
export const DOUBLE_BYTES = 400;

/** Writes the plain decimal of a double, or its name if it is not finite. */
export function writeDouble(bytes: Buffer, at: number, value: number): number {
  const size = Math.abs(value);
  // Decimals of up to 15 digits are the shortest text of the double nearest to them, which the division finds. Most
  // numbers that people write are such, and String would cost as much as all the rest of the row.
  const millionths = Math.round(size * 1_000_000);
  if (millionths < 1e15 && millionths / 1_000_000 === size) {
    if (value < 0) bytes[at++] = 45;
    return writeMillionths(bytes, at, millionths);
  }
  // Outside of these limits JavaScript writes an exponent.
  const plain = size >= 1e-6 && size < 1e21;
  return writeText(bytes, at, plain ? String(value) : (canonicalDecimal(value) ?? String(value)));
}

function writeMillionths(bytes: Buffer, at: number, value: number): number {
  const whole = Math.floor(value / 1_000_000);
  const fraction = value - whole * 1_000_000;
  const point = writePositive(bytes, at, whole);
  if (fraction === 0) return point;
  bytes[point] = 46;
  let end = writeDigits(bytes, point + 1, fraction, 6);
  while (bytes[end - 1] === 48) end--;
  return end;
}
