import type { ColumnType } from "@millrace/core";
import type { ColumnCodec, DriverValue } from "@millrace/connectors/relational";

const same = (stored: unknown): DriverValue => stored as DriverValue;

/** Columns have no declared types: then SQLite keeps each value as it is given. What it is, the marks tell. */
const sqlType = "";

export const TEXT: ColumnCodec = { sqlType, encode: same, decode: String };

// The driver takes JavaScript's numbers for floating-point ones.
const WHOLE: ColumnCodec = {
  sqlType,
  encode: (stored) => BigInt(stored as number | bigint),
  decode: (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value),
};

// SQLite makes NULL of NaN.
const FLOAT: ColumnCodec = {
  sqlType,
  encode: same,
  decode: Number,
  holds: (stored) => !Number.isNaN(stored),
};

const CODECS: Partial<Record<ColumnType["kind"], ColumnCodec>> = {
  boolean: {
    sqlType,
    encode: (stored) => (stored === true ? 1n : 0n),
    decode: (value) => Number(value) === 1,
  },
  smallint: WHOLE,
  integer: WHOLE,
  bigint: WHOLE,
  real: FLOAT,
  double: FLOAT,
  bytea: { sqlType, encode: same, decode: (value) => value },
};

/** The types that SQLite has; all others are kept as text. */
export function codec({ kind }: ColumnType): ColumnCodec | undefined {
  return CODECS[kind];
}
