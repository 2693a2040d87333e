import { MillraceError, type ScalarKind } from "@millrace/core";
import type { CopyBuffer } from "./copy-buffer.ts";
import { writeInterval } from "./write-interval.ts";
import { writeNumeric } from "./write-numeric.ts";
import { writeBytes, writeJson, writeText } from "./write-text.ts";
import { writeUuid } from "./write-uuid.ts";

/** Writes one value that is not null: four bytes of length, then the type's own binary form. */
export type ValueWriter = (out: CopyBuffer, value: unknown) => void;

/** A writer, and how many bytes of the buffer's slack a row needs for it. */
export interface ScalarWriter {
  readonly write: ValueWriter;
  /** Length and value where the size is fixed; 4 where the writer reserves its room itself. */
  readonly fixedBytes: number;
}

const TWO_32 = 4294967296;
/** 2000-01-01, where PostgreSQL counts from, in days and in µs (as two halves) since 1970-01-01. */
export const EPOCH_DAYS = 10957;
export const EPOCH_MICROS = 946684800000000n;
const EPOCH_HIGH = Number(EPOCH_MICROS >> 32n);
const EPOCH_LOW = Number(EPOCH_MICROS & 0xffffffffn);

function mismatch(kind: string, value: unknown): never {
  throw new MillraceError(
    "MLR_INTERNAL",
    `a value of type ${typeof value} reached a column of type ${kind}: rows have to be in storage form`,
  );
}

function writeBoolean(out: CopyBuffer, value: unknown): void {
  if (typeof value !== "boolean") mismatch("boolean", value);
  out.view.setInt32(out.position, 1);
  out.bytes[out.position + 4] = value ? 1 : 0;
  out.position += 5;
}

function writeSmallint(out: CopyBuffer, value: unknown): void {
  if (typeof value !== "number") mismatch("smallint", value);
  out.view.setInt32(out.position, 2);
  out.view.setInt16(out.position + 4, value);
  out.position += 6;
}

function writeInteger(out: CopyBuffer, value: unknown): void {
  if (typeof value !== "number") mismatch("integer", value);
  out.view.setInt32(out.position, 4);
  out.view.setInt32(out.position + 4, value);
  out.position += 8;
}

/** Also for `time`, whose binary form is the same. */
export function writeBigint(out: CopyBuffer, value: unknown): void {
  const { view, position } = out;
  view.setInt32(position, 8);
  if (typeof value === "number") {
    const high = Math.floor(value / TWO_32);
    view.setInt32(position + 4, high);
    view.setUint32(position + 8, value - high * TWO_32);
  } else if (typeof value === "bigint") view.setBigInt64(position + 4, value);
  else mismatch("bigint", value);
  out.position += 12;
}

/** µs since 1970 → µs since 2000. In two halves, since the difference may be beyond 2^53. */
export function writeTimestamp(out: CopyBuffer, value: unknown): void {
  const { view, position } = out;
  view.setInt32(position, 8);
  if (typeof value === "number") {
    let high = Math.floor(value / TWO_32);
    let low = value - high * TWO_32 - EPOCH_LOW;
    high -= EPOCH_HIGH;
    if (low < 0) {
      low += TWO_32;
      high--;
    }
    view.setInt32(position + 4, high);
    view.setUint32(position + 8, low);
  } else if (typeof value === "bigint") view.setBigInt64(position + 4, value - EPOCH_MICROS);
  else mismatch("timestamp", value);
  out.position += 12;
}

function writeDate(out: CopyBuffer, value: unknown): void {
  if (typeof value !== "number") mismatch("date", value);
  out.view.setInt32(out.position, 4);
  out.view.setInt32(out.position + 4, value - EPOCH_DAYS);
  out.position += 8;
}

function writeReal(out: CopyBuffer, value: unknown): void {
  if (typeof value !== "number") mismatch("real", value);
  out.view.setInt32(out.position, 4);
  out.view.setFloat32(out.position + 4, value);
  out.position += 8;
}

function writeDouble(out: CopyBuffer, value: unknown): void {
  if (typeof value !== "number") mismatch("double", value);
  out.view.setInt32(out.position, 8);
  out.view.setFloat64(out.position + 4, value);
  out.position += 12;
}

const strings =
  (kind: ScalarKind, write: (out: CopyBuffer, text: string) => void): ValueWriter =>
  (out, value) => {
    if (typeof value !== "string") mismatch(kind, value);
    write(out, value);
  };

const bytes: ValueWriter = (out, value) => {
  if (!(value instanceof Uint8Array)) mismatch("bytea", value);
  writeBytes(out, value);
};

/** How each scalar type is written. */
export const SCALAR_WRITERS: Readonly<Record<ScalarKind, ScalarWriter>> = {
  boolean: { write: writeBoolean, fixedBytes: 5 },
  smallint: { write: writeSmallint, fixedBytes: 6 },
  integer: { write: writeInteger, fixedBytes: 8 },
  bigint: { write: writeBigint, fixedBytes: 12 },
  numeric: { write: strings("numeric", writeNumeric), fixedBytes: 4 },
  real: { write: writeReal, fixedBytes: 8 },
  double: { write: writeDouble, fixedBytes: 12 },
  text: { write: strings("text", writeText), fixedBytes: 4 },
  date: { write: writeDate, fixedBytes: 8 },
  time: { write: writeBigint, fixedBytes: 12 },
  timestamp: { write: writeTimestamp, fixedBytes: 12 },
  timestamptz: { write: writeTimestamp, fixedBytes: 12 },
  interval: { write: strings("interval", writeInterval), fixedBytes: 20 },
  uuid: { write: strings("uuid", writeUuid), fixedBytes: 20 },
  json: { write: strings("json", writeJson), fixedBytes: 4 },
  bytea: { write: bytes, fixedBytes: 4 },
};
