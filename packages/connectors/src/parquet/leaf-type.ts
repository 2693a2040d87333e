import {
  DAY_MICROS,
  MAX_DAYS,
  MIN_DAYS,
  canonicalDecimal,
  canonicalText,
  formatInterval,
  parseJsonExact,
  type ColumnType,
  type ScalarType,
} from "@millrace/core";
import type { ConvertedType, LogicalType, SchemaElement, TimeUnit } from "hyparquet";

/** How the values of a leaf are decoded. */
export interface Leaf {
  readonly type: ColumnType;
  /** Makes what hyparquet gives into an exact value. Never gets null. */
  readonly convert: (raw: unknown) => unknown;
}

const dateText = canonicalText({ kind: "date" });
const timeText = canonicalText({ kind: "time" });

/** What a leaf's values mean, whether by the old annotations or the new. */
type Meaning = LogicalType["type"] | "NONE";

const OLD: Readonly<Partial<Record<ConvertedType, Meaning>>> = {
  UTF8: "STRING",
  ENUM: "STRING",
  DECIMAL: "DECIMAL",
  DATE: "DATE",
  TIME_MILLIS: "TIME",
  TIME_MICROS: "TIME",
  TIMESTAMP_MILLIS: "TIMESTAMP",
  TIMESTAMP_MICROS: "TIMESTAMP",
  JSON: "JSON",
  BSON: "BSON",
  INTERVAL: "INTERVAL",
};

/** What hyparquet converts without loss. */
const KEPT: ReadonlySet<Meaning> = new Set(["UUID", "FLOAT16", "GEOMETRY", "GEOGRAPHY", "INTEGER", "NONE"]);

const LEAVES: Readonly<Partial<Record<Meaning, (element: SchemaElement) => Leaf>>> = {
  STRING: () => plain("text"),
  ENUM: () => plain("text"),
  UUID: () => plain("uuid"),
  FLOAT16: () => plain("real"),
  GEOMETRY: () => plain("json"),
  GEOGRAPHY: () => plain("json"),
  BSON: () => ({ type: { kind: "bytea" }, convert: copied }),
  INTERVAL: () => ({ type: { kind: "interval" }, convert: intervalText }),
  DATE: () => ({ type: { kind: "date" }, convert: dateOf }),
  JSON: () => ({ type: { kind: "json" }, convert: jsonOf }),
  DECIMAL: decimal,
  TIME: (element) => time(unitOf(element)),
  TIMESTAMP: (element) => {
    const { logical_type: logical } = element;
    return timestamp(unitOf(element), logical?.type === "TIMESTAMP" ? logical.isAdjustedToUTC : true);
  },
};

/**
 * Decides a leaf's type, and takes away from `element` what hyparquet would convert with loss: it makes decimals into
 * doubles and times into milliseconds.
 */
export function takeLeaf(element: SchemaElement, binaryAsText: boolean): Leaf {
  let meaning = meaningOf(element);
  if (meaning === "NONE" && binaryAsText && element.type === "BYTE_ARRAY") meaning = "STRING";
  const leaf = LEAVES[meaning]?.(element) ?? physical(element);
  if (KEPT.has(meaning)) return leaf;
  delete element.logical_type;
  delete element.converted_type;
  // hyparquet decodes each entry of a dictionary once.
  if (meaning === "STRING" || meaning === "ENUM" || meaning === "JSON") element.converted_type = "UTF8";
  return leaf;
}

/** Days outside of the years 1 to 9999 stay numbers, which no column of dates takes: the row is rejected with its number. */
function dateOf(raw: unknown): unknown {
  const days = Number(raw);
  return days >= MIN_DAYS && days <= MAX_DAYS ? dateText(days) : days;
}

/** Text that is no JSON after all is kept as a JSON string. */
function jsonOf(raw: unknown): unknown {
  const text = String(raw);
  try {
    return parseJsonExact(text);
  } catch {
    return text;
  }
}

function meaningOf({ logical_type: logical, converted_type: converted }: SchemaElement): Meaning {
  if (logical !== undefined) return logical.type;
  return converted === undefined ? "NONE" : (OLD[converted] ?? "NONE");
}

function unitOf({ logical_type: logical, converted_type: converted }: SchemaElement): TimeUnit {
  if (logical?.type === "TIME" || logical?.type === "TIMESTAMP") return logical.unit;
  return converted?.endsWith("MILLIS") === true ? "MILLIS" : "MICROS";
}

function physical(element: SchemaElement): Leaf {
  const { bits, signed } = widthOf(element);
  switch (element.type) {
    case "BOOLEAN":
      return plain("boolean");
    case "INT32":
      return plain(int32Kind(bits, signed));
    case "INT64":
      return bits === 64 && !signed ? uint64() : { type: { kind: "bigint" }, convert: integer };
    case "INT96":
      return timestamp("NANOS", false);
    case "FLOAT":
      return plain("real");
    case "DOUBLE":
      return plain("double");
    default:
      return { type: { kind: "bytea" }, convert: copied };
  }
}

function widthOf({ logical_type: logical, converted_type: converted }: SchemaElement): {
  bits: number;
  signed: boolean;
} {
  if (logical?.type === "INTEGER") return { bits: logical.bitWidth, signed: logical.isSigned };
  const [, unsigned, bits] = /^(U?)INT_(\d+)$/.exec(converted ?? "") ?? [];
  return { bits: Number(bits ?? 0), signed: unsigned !== "U" };
}

function int32Kind(bits: number, signed: boolean): "smallint" | "integer" | "bigint" {
  if (bits === 8 || (bits === 16 && signed)) return "smallint";
  return bits === 32 && !signed ? "bigint" : "integer";
}

function plain(kind: Exclude<ScalarType["kind"], "numeric">): Leaf {
  return { type: { kind }, convert: (raw) => raw };
}

function uint64(): Leaf {
  return { type: { kind: "numeric", precision: 20, scale: 0 }, convert: integer };
}

/** A number where that is safe, so that functions on rows need not know bigint for small values. */
function integer(raw: unknown): number | bigint {
  const value = Number(raw);
  return Number.isSafeInteger(value) ? value : (raw as bigint);
}

function copied(raw: unknown): Uint8Array {
  // The value is a window on a whole page, which it would keep in memory.
  return Uint8Array.from(raw as Uint8Array);
}

function decimal(element: SchemaElement): Leaf {
  const logical = element.logical_type?.type === "DECIMAL" ? element.logical_type : undefined;
  const scale = logical?.scale ?? element.scale ?? 0;
  const precision = logical?.precision ?? element.precision;
  const type: ScalarType = { kind: "numeric", ...(precision === undefined ? {} : { precision, scale }) };
  return {
    type,
    convert: (raw) => {
      const unscaled = raw instanceof Uint8Array ? signedInteger(raw) : BigInt(raw as number | bigint);
      return canonicalDecimal(pointAt(unscaled, scale));
    },
  };
}

function signedInteger(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`));
}

function pointAt(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n;
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, "0");
  const point = digits.length - scale;
  return `${negative ? "-" : ""}${digits.slice(0, point)}${scale === 0 ? "" : `.${digits.slice(point)}`}`;
}

/** Timestamps keep their microseconds: text, because `Date` ends at milliseconds. What is finer is cut off. */
function timestamp(unit: TimeUnit, utc: boolean): Leaf {
  const type: ScalarType = { kind: utc ? "timestamptz" : "timestamp" };
  const text = canonicalText(type);
  const convert = (raw: unknown): unknown => {
    const micros = microseconds(raw as number | bigint, unit);
    const days = Number(micros) / DAY_MICROS;
    return days >= MIN_DAYS && days < MAX_DAYS + 1 ? text(micros) : micros;
  };
  return { type, convert };
}

function time(unit: TimeUnit): Leaf {
  return {
    type: { kind: "time" },
    convert: (raw) => timeText(Number(microseconds(raw as number | bigint, unit))),
  };
}

function microseconds(raw: number | bigint, unit: TimeUnit): number | bigint {
  const value = Number(raw);
  if (unit === "MILLIS" && Number.isSafeInteger(value * 1_000)) return value * 1_000;
  if (unit === "MICROS" && Number.isSafeInteger(value)) return value;
  const exact = BigInt(raw);
  const micros = unit === "MILLIS" ? exact * 1_000n : unit === "MICROS" ? exact : floorDivide(exact, 1_000n);
  return integer(micros);
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}

/** Twelve bytes: months, days and milliseconds, each an unsigned little-endian number. */
function intervalText(raw: unknown): string {
  const bytes = raw as Uint8Array;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return formatInterval({
    months: view.getUint32(0, true),
    days: view.getUint32(4, true),
    micros: BigInt(view.getUint32(8, true)) * 1_000n,
  });
}
