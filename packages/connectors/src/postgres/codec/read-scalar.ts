import { MillraceError, canonicalJsonText, formatInterval, type ScalarKind } from "@millrace/core";
import { readNumeric } from "./read-numeric.ts";
import { EPOCH_DAYS, EPOCH_MICROS } from "./write-scalar.ts";

/** Reads one value of `length` bytes at `at` into storage form. */
export type ValueReader = (bytes: Buffer, at: number, length: number) => unknown;

const TWO_32 = 4294967296;
const MAX_SAFE_HIGH = 0x1fffff;
const EPOCH_NUMBER = Number(EPOCH_MICROS);

/** A number where it is a safe integer, otherwise a bigint. */
function readBigint(bytes: Buffer, at: number): number | bigint {
  const high = bytes.readInt32BE(at);
  if (high <= MAX_SAFE_HIGH && high > -MAX_SAFE_HIGH) return high * TWO_32 + bytes.readUInt32BE(at + 4);
  const value = bytes.readBigInt64BE(at);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** µs since 2000 → µs since 1970. */
function readTimestamp(bytes: Buffer, at: number): number | bigint {
  const micros = readBigint(bytes, at);
  if (typeof micros === "number") {
    const sum = micros + EPOCH_NUMBER;
    if (Number.isSafeInteger(sum)) return sum;
  }
  const sum = BigInt(micros) + EPOCH_MICROS;
  const number = Number(sum);
  return Number.isSafeInteger(number) ? number : sum;
}

/** Storage form has no -0. */
function withoutMinusZero(value: number): number {
  return value === 0 ? 0 : value;
}

function readUuid(bytes: Buffer, at: number): string {
  const hex = bytes.toString("hex", at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function readInterval(bytes: Buffer, at: number): string {
  return formatInterval({
    micros: bytes.readBigInt64BE(at),
    days: bytes.readInt32BE(at + 8),
    months: bytes.readInt32BE(at + 12),
  });
}

/** jsonb_send puts a byte of version before the text. */
function readJson(bytes: Buffer, at: number, length: number): string {
  const text = bytes.toString("utf8", at + 1, at + length);
  try {
    return canonicalJsonText(text);
  } catch (error) {
    // Nested deeper than what Millrace writes: somebody else's value, given as it is.
    if (error instanceof MillraceError) return text;
    throw error;
  }
}

/** How each scalar type is read. */
export const SCALAR_READERS: Readonly<Record<ScalarKind, ValueReader>> = {
  boolean: (bytes, at) => bytes[at] !== 0,
  smallint: (bytes, at) => bytes.readInt16BE(at),
  integer: (bytes, at) => bytes.readInt32BE(at),
  bigint: readBigint,
  numeric: readNumeric,
  real: (bytes, at) => withoutMinusZero(bytes.readFloatBE(at)),
  double: (bytes, at) => withoutMinusZero(bytes.readDoubleBE(at)),
  text: (bytes, at, length) => bytes.toString("utf8", at, at + length),
  date: (bytes, at) => bytes.readInt32BE(at) + EPOCH_DAYS,
  time: readBigint,
  timestamp: readTimestamp,
  timestamptz: readTimestamp,
  interval: readInterval,
  uuid: readUuid,
  json: readJson,
  // A copy: the chunk that the bytes are in would otherwise stay in memory with them.
  bytea: (bytes, at, length) => new Uint8Array(bytes.subarray(at, at + length)),
};
