import {
  compileStore,
  formatDate,
  formatTimestamptz,
  microsOf,
  MISFIT,
  type ColumnType,
  type ScalarKind,
} from "@millrace/core";
import type { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { decimalText, scaledInteger } from "../codec/decimal-digits.ts";

/** A type of ClickHouse: what it is here, and how its values are read and written in RowBinary. */
export interface ServerType {
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** In the forms that `Database` promises. */
  read(reader: ByteReader): unknown;
  /** Takes the same forms; false where the type cannot hold the value. */
  write(writer: ByteWriter, value: unknown): boolean;
}

type Plain = Omit<ServerType, "nullable">;

/** The type that the server names so; undefined where there is no counterpart: it is then read as the server's text. */
export function parseServerType(text: string): ServerType | undefined {
  const low = inside(text, "LowCardinality");
  if (low !== undefined) return parseServerType(low);
  const element = inside(text, "Nullable");
  if (element !== undefined) {
    const plain = plainType(element);
    return plain === undefined ? undefined : nullableType(plain);
  }
  const plain = arrayType(text) ?? plainType(text);
  return plain === undefined ? undefined : { ...plain, nullable: false };
}

function nullableType(plain: Plain): ServerType {
  return {
    type: plain.type,
    nullable: true,
    read: (reader) => (reader.byte() === 1 ? null : plain.read(reader)),
    write: (writer, value) => {
      const none = value === null || value === undefined;
      writer.byte(none ? 1 : 0);
      return none || plain.write(writer, value);
    },
  };
}

function arrayType(text: string): Plain | undefined {
  const of = inside(text, "Array");
  const element = of === undefined ? undefined : parseServerType(of);
  if (element === undefined || element.type.kind === "array") return undefined;
  return {
    type: { kind: "array", of: element.type },
    read: (reader) => {
      const values: unknown[] = [];
      for (let count = reader.varint(); count > 0; count--) values.push(element.read(reader));
      return values;
    },
    write: (writer, value) => {
      if (!Array.isArray(value)) return false;
      writer.varint(value.length);
      return value.every((each) => element.write(writer, each));
    },
  };
}

/** What is between the brackets of `name(…)`. */
function inside(text: string, name: string): string | undefined {
  return text.startsWith(`${name}(`) && text.endsWith(")") ? text.slice(name.length + 1, -1) : undefined;
}

function plainType(text: string): Plain | undefined {
  return INTEGERS[text] ?? OTHERS[text] ?? parametric(text);
}

/** Converts to storage form, then writes. */
function typed(
  kind: ScalarKind,
  read: Plain["read"],
  write: (writer: ByteWriter, stored: never) => void,
): Plain {
  const store = compileStore({ kind }, { declared: true });
  return {
    type: { kind },
    read,
    write: (writer, value) => {
      const stored = store(value);
      if (stored === MISFIT || stored === null) return false;
      write(writer, stored as never);
      return true;
    },
  };
}

function integer(
  kind: ScalarKind,
  read: Plain["read"],
  of: { min: bigint; max: bigint; write: (writer: ByteWriter, value: bigint) => void },
): Plain {
  const store = compileStore({ kind: "numeric" }, { declared: true });
  return {
    type: kind === "numeric" ? { kind, precision: 20, scale: 0 } : { kind },
    read,
    write: (writer, value) => {
      const stored = typeof value === "boolean" ? String(Number(value)) : store(value);
      if (typeof stored !== "string" || !/^-?\d+$/.test(stored)) return false;
      const exact = BigInt(stored);
      if (exact < of.min || exact > of.max) return false;
      of.write(writer, exact);
      return true;
    },
  };
}

const small = (writer: ByteWriter, value: bigint): void => writer.byte(Number(value) & 255);
const short = (writer: ByteWriter, value: bigint): void => writer.int16(Number(value));
const word = (writer: ByteWriter, value: bigint): void => writer.int32(Number(value));
const long = (writer: ByteWriter, value: bigint): void => writer.int64(BigInt.asIntN(64, value));

const INTEGERS: Readonly<Record<string, Plain>> = {
  Int8: integer("smallint", (reader) => (reader.byte() << 24) >> 24, { min: -128n, max: 127n, write: small }),
  UInt8: integer("smallint", (reader) => reader.byte(), { min: 0n, max: 255n, write: small }),
  Int16: integer("smallint", (reader) => reader.int16(), { min: -32_768n, max: 32_767n, write: short }),
  UInt16: integer("integer", (reader) => reader.int16() & 65_535, { min: 0n, max: 65_535n, write: short }),
  Int32: integer("integer", (reader) => reader.int32(), {
    min: -2_147_483_648n,
    max: 2_147_483_647n,
    write: word,
  }),
  UInt32: integer("bigint", (reader) => reader.int32() >>> 0, { min: 0n, max: 4_294_967_295n, write: word }),
  Int64: integer("bigint", (reader) => reader.int64(), {
    min: -(2n ** 63n),
    max: 2n ** 63n - 1n,
    write: long,
  }),
  UInt64: integer("numeric", readUnsigned, { min: 0n, max: 2n ** 64n - 1n, write: long }),
};

/** A number where it is safe, otherwise a bigint. */
function readUnsigned(reader: ByteReader): number | bigint {
  const value = BigInt.asUintN(64, reader.wide(8));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const OTHERS: Readonly<Record<string, Plain>> = {
  Float32: typed(
    "real",
    (reader) => reader.float32(),
    (writer, value) => writer.float32(value),
  ),
  Float64: typed(
    "double",
    (reader) => reader.float64(),
    (writer, value) => writer.float64(value),
  ),
  String: {
    ...typed(
      "text",
      (reader) => reader.text(),
      (writer, value) => writer.text(value),
    ),
    // ClickHouse's strings are bytes: also those that are no text.
    write: (writer, value) => {
      if (value instanceof Uint8Array) writer.blob(value);
      else if (typeof value === "string") writer.text(value.toWellFormed());
      else if (typeof value === "object" && value !== null && !(value instanceof Date))
        writer.text(JSON.stringify(value));
      else writer.text(value instanceof Date ? value.toISOString() : String(value));
      return true;
    },
  },
  UUID: typed(
    "uuid",
    (reader) => reader.uuid(),
    (writer, value) => writer.uuid(value),
  ),
  Bool: typed(
    "boolean",
    (reader) => reader.byte() === 1,
    (writer, value) => writer.byte(value === true ? 1 : 0),
  ),
  Date32: typed(
    "date",
    (reader) => formatDate(reader.int32()),
    (writer, value) => writer.int32(value),
  ),
  Date: ranged(
    typed(
      "date",
      (reader) => formatDate(reader.int16() & 65_535),
      (writer, value) => writer.int16(value),
    ),
    "date",
    65_535n,
    1n,
  ),
};

/** Only values from 1970 on, up to `max` units. */
function ranged(plain: Plain, kind: ScalarKind, max: bigint, unit: bigint): Plain {
  const store = compileStore({ kind }, { declared: true });
  return {
    ...plain,
    write: (writer, value) => {
      const stored = store(value);
      if (typeof stored !== "number" && typeof stored !== "bigint") return false;
      const units = BigInt(stored) / unit;
      return (
        BigInt(stored) >= 0n && units <= max && BigInt(stored) % unit === 0n && plain.write(writer, value)
      );
    },
  };
}

function parametric(text: string): Plain | undefined {
  if (/^DateTime(\('.*'\))?$/.test(text)) return dateTime();
  const precision = /^DateTime64\((\d)(?:, *'.*')?\)$/.exec(text)?.[1];
  if (precision !== undefined) return dateTime64(Number(precision));
  const decimal = /^Decimal\((\d+), *(\d+)\)$/.exec(text);
  if (decimal !== null) return decimalType(Number(decimal[1]), Number(decimal[2]));
  const fixed = /^FixedString\((\d+)\)$/.exec(text)?.[1];
  if (fixed !== undefined) return fixedText(Number(fixed));
  return undefined;
}

/** Seconds since 1970. */
function dateTime(): Plain {
  const read = (reader: ByteReader): string => formatTimestamptz((reader.int32() >>> 0) * 1_000_000);
  const plain = typed("timestamptz", read, (writer, value: number | bigint) =>
    writer.int32(Number(value) / 1_000_000),
  );
  return ranged(plain, "timestamptz", 4_294_967_295n, 1_000_000n);
}

function dateTime64(precision: number): Plain | undefined {
  if (precision > 6) return undefined;
  const factor = 10n ** BigInt(6 - precision);
  const read = (reader: ByteReader): string => {
    const micros = reader.wide(8) * factor;
    const day = micros / 86_400_000_000n - (micros % 86_400_000_000n < 0n ? 1n : 0n);
    return formatTimestamptz(microsOf(Number(day), Number(micros - day * 86_400_000_000n)));
  };
  return typed("timestamptz", read, (writer, value: number | bigint) => writer.int64(BigInt(value) / factor));
}

function decimalType(precision: number, scale: number): Plain | undefined {
  if (precision > 38) return undefined;
  const bytes = precision <= 9 ? 4 : precision <= 18 ? 8 : 16;
  const store = compileStore({ kind: "numeric", precision, scale }, { declared: true });
  return {
    type: { kind: "numeric", precision, scale },
    read: (reader) => decimalText(bytes === 4 ? BigInt(reader.int32()) : reader.wide(bytes), scale),
    write: (writer, value) => {
      const stored = store(value);
      if (typeof stored !== "string" || stored === "NaN") return false;
      const units = scaledInteger(stored, scale);
      if (bytes === 4) writer.int32(Number(units));
      else writer.int64(BigInt.asIntN(64, units));
      if (bytes === 16) writer.int64(BigInt.asIntN(64, units >> 64n));
      return true;
    },
  };
}

/** Text without the NULs that fill it up. */
function fixedText(size: number): Plain {
  return {
    type: { kind: "text" },
    read: (reader) => reader.fixed(size).toString("utf8").replace(/\0+$/, ""),
    write: (writer, value) => {
      const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value));
      if (bytes.length > size) return false;
      writer.raw(bytes);
      writer.raw(new Uint8Array(size - bytes.length));
      return true;
    },
  };
}
