import { canonicalDecimal, parseJsonExact, type ColumnDefinition, type ColumnType } from "@millrace/core";
import type { FieldInfo } from "mariadb";

/** A column of an answer, with what makes a value of what the driver gives. */
export interface AnswerColumn extends ColumnDefinition {
  readonly read: (value: unknown) => unknown;
}

/** Character set of bytes that are no text. */
const BINARY = 63;
const UNSIGNED_FLAG = 1 << 5;

/** What the driver says of a column of an answer. Types without a counterpart are text. */
export function answerColumn(field: FieldInfo): AnswerColumn {
  const { type, read } = readerOf(field);
  return {
    name: field.name(),
    type,
    read: (value) => (value === null || value === undefined ? null : read(value)),
  };
}

interface Reader {
  readonly type: ColumnType;
  readonly read: (value: unknown) => unknown;
}

const DATETIME = (value: unknown): string => String(value).replace(" ", "T");

const READERS: Readonly<Record<string, Reader>> = {
  FLOAT: { type: { kind: "real" }, read: Number },
  DOUBLE: { type: { kind: "double" }, read: Number },
  DATE: { type: { kind: "date" }, read: String },
  NEWDATE: { type: { kind: "date" }, read: String },
  TIME: { type: { kind: "time" }, read: String },
  TIME2: { type: { kind: "time" }, read: String },
  DATETIME: { type: { kind: "timestamp" }, read: DATETIME },
  DATETIME2: { type: { kind: "timestamp" }, read: DATETIME },
  TIMESTAMP: { type: { kind: "timestamptz" }, read: (value) => `${DATETIME(value)}Z` },
  TIMESTAMP2: { type: { kind: "timestamptz" }, read: (value) => `${DATETIME(value)}Z` },
  JSON: { type: { kind: "json" }, read: json },
  BIT: { type: { kind: "bytea" }, read: bytes },
};

const WHOLE: Readonly<Record<string, readonly [signed: ColumnType["kind"], unsigned: ColumnType["kind"]]>> = {
  TINY: ["smallint", "smallint"],
  SHORT: ["smallint", "integer"],
  INT24: ["integer", "integer"],
  INT: ["integer", "bigint"],
  YEAR: ["integer", "integer"],
};

function readerOf(field: FieldInfo): Reader {
  const kind = String(field.type);
  if (field.isDataTypeFormatJson()) return { type: { kind: "json" }, read: json };
  if (field.dataTypeName === "uuid") return { type: { kind: "uuid" }, read: String };
  if (kind === "TINY" && field.columnLength === 1)
    return { type: { kind: "boolean" }, read: (value) => Number(value) !== 0 };
  const unsigned = (Number(field.flags) & UNSIGNED_FLAG) !== 0;
  const whole = WHOLE[kind];
  if (whole !== undefined) return { type: { kind: whole[unsigned ? 1 : 0] } as ColumnType, read: Number };
  if (kind === "BIGINT")
    return { type: { kind: unsigned ? "numeric" : "bigint" }, read: unsigned ? String : readBigint };
  if (kind === "DECIMAL" || kind === "NEWDECIMAL" || kind === "OLDDECIMAL")
    return decimalReader(field, unsigned);
  const known = READERS[kind];
  if (known !== undefined) return known;
  const binary = field.collation.index === BINARY;
  return binary ? { type: { kind: "bytea" }, read: bytes } : { type: { kind: "text" }, read: text };
}

/** A DECIMAL is as long as its digits, its point and its sign. */
function decimalReader({ columnLength, scale }: FieldInfo, unsigned: boolean): Reader {
  const precision = columnLength - (scale > 0 ? 1 : 0) - (unsigned ? 0 : 1);
  const type: ColumnType =
    precision > 0 && scale <= precision ? { kind: "numeric", precision, scale } : { kind: "numeric" };
  return { type, read: (value) => canonicalDecimal(String(value)) ?? String(value) };
}

function readBigint(value: unknown): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value as bigint);
}

function json(value: unknown): unknown {
  return parseJsonExact(text(value) as string);
}

function bytes(value: unknown): unknown {
  return value instanceof Uint8Array ? new Uint8Array(value) : new Uint8Array(Buffer.from(String(value)));
}

/** Geometries come as objects. */
function text(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
