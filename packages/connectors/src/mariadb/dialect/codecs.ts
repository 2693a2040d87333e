import {
  canonicalDecimal,
  compileStore,
  formatDate,
  formatTime,
  MISFIT,
  type ColumnType,
  type ScalarType,
} from "@millrace/core";
import type { ColumnCodec, ColumnPlace, DriverValue } from "../../shared/relational/index.ts";
import { COLLATION } from "../connection/connection-config.ts";

/** Bytes that an index may have (3,072), less what Millrace's own columns take of it. */
const KEY_BYTES = 3_000;
const BYTES_PER_CHARACTER = 4;
/** Digits of a DECIMAL, and of them those behind the point. */
const MAX_PRECISION = 65;
const MAX_SCALE = 38;

const same = (value: unknown): DriverValue => value as DriverValue;

/** How columns keep texts: compared byte by byte. */
export function textCodec({ keyColumns }: ColumnPlace): ColumnCodec {
  const length = Math.floor(KEY_BYTES / BYTES_PER_CHARACTER / Math.max(1, keyColumns));
  const type = keyColumns > 0 ? `VARCHAR(${length})` : "LONGTEXT";
  return {
    sqlType: `${type} CHARACTER SET utf8mb4 COLLATE ${COLLATION}`,
    encode: same,
    decode: String,
  };
}

/** How columns of a type keep their values; undefined where MariaDB has no type that keeps them all. */
export function nativeCodec(type: ColumnType, place: ColumnPlace): ColumnCodec | undefined {
  switch (type.kind) {
    case "numeric":
      return decimalCodec(type);
    case "text":
      return textCodec(place);
    case "bytea":
      return bytesCodec(place);
    case "interval":
    case "json":
    case "array":
      return undefined;
    default:
      return CODECS[type.kind];
  }
}

const finite = (value: unknown): boolean => Number.isFinite(value);
const storeTimestamp = compileStore({ kind: "timestamp" }, { declared: true });
const storeDate = compileStore({ kind: "date" }, { declared: true });
const storeTime = compileStore({ kind: "time" }, { declared: true });

const DATETIME: ColumnCodec = {
  sqlType: "DATETIME(6)",
  encode: (value) => dateTimeText(value as number | bigint),
  decode: (value) => storeTimestamp(String(value).replace(" ", "T")),
};

const CODECS: Readonly<
  Record<Exclude<ScalarType["kind"], "numeric" | "text" | "bytea" | "interval" | "json">, ColumnCodec>
> = {
  boolean: {
    sqlType: "TINYINT(1)",
    encode: (value) => (value === true ? 1 : 0),
    decode: (value) => Number(value) !== 0,
  },
  smallint: { sqlType: "SMALLINT", encode: same, decode: Number },
  integer: { sqlType: "INT", encode: same, decode: Number },
  bigint: {
    sqlType: "BIGINT",
    encode: same,
    decode: (value) => {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : BigInt(value as bigint);
    },
  },
  real: {
    sqlType: "FLOAT",
    encode: same,
    decode: Number,
    holds: finite,
    // Written as text a FLOAT has six digits.
    select: (column) => `CAST(${column} AS DOUBLE)`,
  },
  double: { sqlType: "DOUBLE", encode: same, decode: Number, holds: finite },
  date: {
    sqlType: "DATE",
    encode: (value) => formatDate(value as number),
    decode: (value) => storeDate(String(value)),
  },
  time: {
    sqlType: "TIME(6)",
    encode: (value) => formatTime(value as number),
    decode: (value) => storeTime(String(value)),
  },
  timestamp: DATETIME,
  timestamptz: DATETIME,
  uuid: { sqlType: "CHAR(36) CHARACTER SET ascii COLLATE ascii_bin", encode: same, decode: String },
};

function decimalCodec({ precision, scale = 0 }: ScalarType): ColumnCodec | undefined {
  if (precision === undefined || precision > MAX_PRECISION || scale > MAX_SCALE) return undefined;
  return {
    sqlType: `DECIMAL(${precision},${scale})`,
    encode: same,
    decode: (value) => canonicalDecimal(String(value)) ?? MISFIT,
    holds: (value) => value !== "NaN",
  };
}

function bytesCodec({ bytes, keyColumns }: ColumnPlace): ColumnCodec {
  const sqlType =
    bytes !== undefined
      ? `BINARY(${bytes})`
      : keyColumns > 0
        ? `VARBINARY(${Math.floor(KEY_BYTES / keyColumns)})`
        : "LONGBLOB";
  return { sqlType, encode: same, decode: (value) => value };
}

const MICROS_PER_SECOND = 1_000_000n;
const SECONDS_PER_DAY = 86_400n;

/** Microseconds since 1970 as `2026-11-22 10:20:30.123456`. */
function dateTimeText(value: number | bigint): string {
  const micros = BigInt(value);
  let seconds = micros / MICROS_PER_SECOND;
  let fraction = micros % MICROS_PER_SECOND;
  if (fraction < 0n) {
    fraction += MICROS_PER_SECOND;
    seconds -= 1n;
  }
  let day = seconds / SECONDS_PER_DAY;
  let second = seconds % SECONDS_PER_DAY;
  if (second < 0n) {
    second += SECONDS_PER_DAY;
    day -= 1n;
  }
  const time = formatTime(Number(second * MICROS_PER_SECOND + fraction));
  return `${formatDate(Number(day))} ${time}`;
}
