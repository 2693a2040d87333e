import {
  canonicalDecimal,
  compileStore,
  dayOfMicros,
  formatDate,
  formatTime,
  formatTimestamptz,
  MillraceError,
  timeOfMicros,
  type ColumnType,
  type ScalarKind,
} from "@millrace/core";
import type { ColumnCodec, ColumnPlace, DriverValue } from "../../shared/relational/index.ts";
import { MAX_PRECISION, SECONDS_SCALE } from "../wire/exact-types.ts";

/** Compares and sorts by code point, so that `a` is not `A`, and `é` not `e`. */
export const BINARY_COLLATION = "Latin1_General_100_BIN2";
/** Bytes that the key of an index may have. */
const INDEX_BYTES = 1700;
/** Where a numeric says no precision: 20 digits before the point and 18 after it, which holds every 64-bit integer. */
const OPEN_NUMERIC = { precision: MAX_PRECISION, scale: 18 };

/** Smallest doubles and reals with all their bits: what is smaller SQL Server does not promise to keep. */
const MIN_DOUBLE = 2.2250738585072014e-308;
const MIN_REAL = 1.1754943508222875e-38;

const same = (value: unknown): DriverValue => value as DriverValue;

function reader(kind: ScalarKind): (value: unknown) => unknown {
  return compileStore({ kind }, { declared: true });
}

function plain(sqlType: string): ColumnCodec {
  return { sqlType, encode: same, decode: (value) => value };
}

function float(sqlType: string, smallest: number): ColumnCodec {
  return {
    ...plain(sqlType),
    holds: (value) => {
      const size = Math.abs(value as number);
      return size === 0 || (size >= smallest && size < Number.POSITIVE_INFINITY);
    },
  };
}

function instant(sqlType: string, kind: "timestamp" | "timestamptz"): ColumnCodec {
  return {
    sqlType: `${sqlType}(${SECONDS_SCALE})`,
    encode:
      kind === "timestamptz"
        ? (value) => formatTimestamptz(value as number | bigint)
        : (value) => timestampText(value as number | bigint),
    decode: reader(kind),
  };
}

function timestampText(micros: number | bigint): string {
  const day = dayOfMicros(micros);
  return `${formatDate(day)}T${formatTime(timeOfMicros(micros, day))}`;
}

/** Types that are kept the same wherever they stand. */
const CODECS: Readonly<Partial<Record<ScalarKind, ColumnCodec>>> = {
  boolean: plain("bit"),
  smallint: plain("smallint"),
  integer: plain("int"),
  bigint: plain("bigint"),
  real: float("real", MIN_REAL),
  double: float("float(53)", MIN_DOUBLE),
  date: { sqlType: "date", encode: (value) => formatDate(value as number), decode: reader("date") },
  time: {
    sqlType: `time(${SECONDS_SCALE})`,
    encode: (value) => formatTime(value as number),
    decode: reader("time"),
    // 24:00:00, the end of a day, is a time of its own only elsewhere.
    holds: (value) => (value as number) < 86_400_000_000,
  },
  timestamp: instant("datetime2", "timestamp"),
  timestamptz: instant("datetimeoffset", "timestamptz"),
  uuid: { ...plain("uniqueidentifier"), decode: reader("uuid") },
};

const DECIMALS = new Map<string, ColumnCodec>();

function decimal(precision: number, scale: number): ColumnCodec {
  const sqlType = `decimal(${precision},${scale})`;
  let codec = DECIMALS.get(sqlType);
  if (codec === undefined) {
    codec = {
      sqlType,
      encode: same,
      decode: (value) => canonicalDecimal(value as string),
      holds: (value) => fits(value as string, precision, scale),
    };
    DECIMALS.set(sqlType, codec);
  }
  return codec;
}

/** Whether a canonical decimal fits without being rounded. */
function fits(text: string, precision: number, scale: number): boolean {
  const start = text.startsWith("-") ? 1 : 0;
  const first = text.charCodeAt(start);
  // NaN, Infinity.
  if (first > 57) return false;
  const point = text.indexOf(".");
  const integer = (point < 0 ? text.length : point) - start;
  const fraction = point < 0 ? 0 : text.length - point - 1;
  return fraction <= scale && (first === 48 && integer === 1 ? 0 : integer) <= precision - scale;
}

/** How a column keeps a type; undefined for those that SQL Server has no counterpart of: intervals, arrays, longer numerics. */
export function codecFor(type: ColumnType, place: ColumnPlace): ColumnCodec | undefined {
  switch (type.kind) {
    case "array":
    case "interval":
      return undefined;
    case "numeric": {
      const { precision = OPEN_NUMERIC.precision, scale = OPEN_NUMERIC.scale } =
        type.precision === undefined ? OPEN_NUMERIC : { scale: 0, ...type };
      return precision > MAX_PRECISION ? undefined : decimal(precision, scale);
    }
    case "text":
      return textCodec(place);
    case "json":
      return place.keyColumns === 0 ? JSON_TEXT : undefined;
    case "bytea":
      return bytesCodec(place);
    default:
      return CODECS[type.kind];
  }
}

/** The SQL type alone does not tell these. */
export function needsMark(type: ColumnType): boolean {
  return type.kind === "json" || (type.kind === "numeric" && type.precision === undefined);
}

const LONG_TEXT = plain(`nvarchar(max) COLLATE ${BINARY_COLLATION}`);
const JSON_TEXT = LONG_TEXT;

/** Text of any length, or in a key as long as an index allows, compared by code points. */
export function textCodec({ keyColumns }: ColumnPlace): ColumnCodec {
  if (keyColumns === 0) return LONG_TEXT;
  const length = Math.floor(INDEX_BYTES / 2 / keyColumns);
  return {
    ...plain(`nvarchar(${length}) COLLATE ${BINARY_COLLATION}`),
    encode: (value) => {
      const text = value as string;
      if (text.length > length) throw tooLong(`${text.length} characters`, `${length} characters`);
      return text;
    },
  };
}

function bytesCodec({ keyColumns, bytes }: ColumnPlace): ColumnCodec {
  if (keyColumns === 0) return plain(bytes === undefined ? "varbinary(max)" : `varbinary(${bytes})`);
  const length = Math.floor(INDEX_BYTES / keyColumns);
  return {
    ...plain(`varbinary(${bytes ?? length})`),
    encode: (value) => {
      const { byteLength } = value as Uint8Array;
      if (byteLength > length) throw tooLong(`${byteLength} bytes`, `${length} bytes`);
      return same(value);
    },
  };
}

function tooLong(has: string, most: string): MillraceError {
  return new MillraceError(
    "MLR_ROW_INVALID",
    `a value of the key has ${has}; an index of SQL Server leaves room for ${most}`,
    {
      hint: "Shorten the key with a transform, or key the table by a hash of it.",
    },
  );
}
