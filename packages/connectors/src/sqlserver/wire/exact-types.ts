import type { TYPES } from "tedious";
import { MIN_DAYS, MillraceError, dayOfMicros, timeOfMicros } from "@millrace/core";

/** A type of tedious: how a value is declared, described and written. */
export type DataType = (typeof TYPES)["Int"];
type Writer = Parameters<DataType["writeValue"]>[0];

/** Digits after the point of seconds in our columns: microseconds, as storage form has them. */
export const SECONDS_SCALE = 6;
/** Digits that a decimal of SQL Server has at most. */
export const MAX_PRECISION = 38;

const MASK_32 = 0xffff_ffffn;

/** Bytes of a decimal's digits, by its precision: see MS-TDS 2.2.5.5.1.6. */
function decimalBytes(precision: number): number {
  return precision <= 9 ? 4 : precision <= 19 ? 8 : precision <= 28 ? 12 : 16;
}

/** `decimal(p,s)` from decimal text, all digits exact; tedious itself goes by way of a double. */
export const exactDecimal: DataType = {
  id: 0x6a,
  type: "DECIMALN",
  name: "Decimal",
  declaration: ({ precision = 18, scale = 0 }) => `decimal(${precision}, ${scale})`,
  resolvePrecision: ({ precision }) => precision ?? 18,
  resolveScale: ({ scale }) => scale ?? 0,
  writeTypeInfo(buffer, { precision = 18, scale = 0 }) {
    buffer.writeUInt8(0x6a);
    buffer.writeUInt8(decimalBytes(precision) + 1);
    buffer.writeUInt8(precision);
    buffer.writeUInt8(scale);
  },
  writeValue(buffer, { value, precision = 18, scale = 0 }) {
    if (value === null) return buffer.writeUInt8(0);
    const text = value as string;
    let digits = scaledDigits(text, precision, scale);
    const bytes = decimalBytes(precision);
    buffer.writeUInt8(bytes + 1);
    buffer.writeUInt8(text.startsWith("-") ? 0 : 1);
    for (let i = 0; i < bytes; i += 4) {
      buffer.writeUInt32LE(Number(digits & MASK_32));
      digits >>= 32n;
    }
  },
  validate: orNull,
};

/** The digits of a plain decimal without its sign and point, with `scale` of them after the point. */
function scaledDigits(text: string, precision: number, scale: number): bigint {
  const parts = /^-?(\d+)(?:\.(\d+))?$/.exec(text);
  const fraction = parts?.[2] ?? "";
  const integer = parts?.[1] ?? "";
  const integerDigits = integer === "0" ? 0 : integer.length;
  if (parts === null || fraction.length > scale || integerDigits > precision - scale) {
    throw unfit(text, `decimal(${precision},${scale})`);
  }
  return BigInt(integer + fraction.padEnd(scale, "0"));
}

/** `money` (19 digits) or `smallmoney` (10) from decimal text of at most four digits after the point. */
export function exactMoney(precision: 10 | 19): DataType {
  const small = precision === 10;
  return {
    id: 0x6e,
    type: "MONEYN",
    name: "Money",
    declaration: () => (small ? "smallmoney" : "money"),
    writeTypeInfo(buffer) {
      buffer.writeUInt8(0x6e);
      buffer.writeUInt8(small ? 4 : 8);
    },
    writeValue(buffer, { value }) {
      if (value === null) return buffer.writeUInt8(0);
      const text = value as string;
      const digits = scaledDigits(text, precision, 4);
      const scaled = text.startsWith("-") ? -digits : digits;
      const bits = small ? 32 : 64;
      if (BigInt.asIntN(bits, scaled) !== scaled) throw unfit(text, small ? "smallmoney" : "money");
      buffer.writeUInt8(small ? 4 : 8);
      if (small) return buffer.writeInt32LE(Number(scaled));
      // The high half comes first.
      buffer.writeInt32LE(Number(scaled >> 32n));
      buffer.writeUInt32LE(Number(scaled & MASK_32));
    },
    validate: orNull,
  };
}

/** `date` from days since 1970-01-01. */
export const exactDate: DataType = {
  id: 0x28,
  type: "DATEN",
  name: "Date",
  declaration: () => "date",
  writeTypeInfo: (buffer) => buffer.writeUInt8(0x28),
  writeValue(buffer, { value }) {
    if (value === null) return buffer.writeUInt8(0);
    buffer.writeUInt8(3);
    buffer.writeUInt24LE((value as number) - MIN_DAYS);
  },
  validate: orNull,
};

/** `time(6)` from microseconds since midnight. */
export const exactTime: DataType = {
  ...scaled("TIMEN", "Time", 0x29, "time"),
  writeValue(buffer, { value }) {
    if (value === null) return buffer.writeUInt8(0);
    if ((value as number) >= 86_400_000_000) {
      throw unfit("24:00:00", "time, which ends at 23:59:59.999999");
    }
    buffer.writeUInt8(5);
    buffer.writeUInt40LE(value as number);
  },
};

/** `datetime2(6)` from microseconds since 1970-01-01. */
export const exactTimestamp: DataType = {
  ...scaled("DATETIME2N", "DateTime2", 0x2a, "datetime2"),
  writeValue(buffer, { value }) {
    if (value === null) return buffer.writeUInt8(0);
    buffer.writeUInt8(8);
    writeInstant(buffer, value as number | bigint);
  },
};

/** `datetimeoffset(6)` at +00:00 from microseconds since 1970-01-01. */
export const exactTimestamptz: DataType = {
  ...scaled("DATETIMEOFFSETN", "DateTimeOffset", 0x2b, "datetimeoffset"),
  writeValue(buffer, { value }) {
    if (value === null) return buffer.writeUInt8(0);
    buffer.writeUInt8(10);
    writeInstant(buffer, value as number | bigint);
    buffer.writeInt16LE(0);
  },
};

function writeInstant(buffer: Writer, micros: number | bigint): void {
  const day = dayOfMicros(micros);
  buffer.writeUInt40LE(timeOfMicros(micros, day));
  buffer.writeUInt24LE(day - MIN_DAYS);
}

function scaled(type: string, name: string, id: number, sql: string): Omit<DataType, "writeValue"> {
  return {
    id,
    type,
    name,
    declaration: () => `${sql}(${SECONDS_SCALE})`,
    resolveScale: () => SECONDS_SCALE,
    writeTypeInfo(buffer) {
      buffer.writeUInt8(id);
      buffer.writeUInt8(SECONDS_SCALE);
    },
    validate: orNull,
  };
}

function orNull(value: unknown): unknown {
  return value ?? null;
}

function unfit(value: string, type: string): MillraceError {
  return new MillraceError("MLR_ROW_INVALID", `${value.slice(0, 80)} does not fit into ${type}`, {
    hint: "Give the column a wider type, or change the value with a transform.",
  });
}
