import {
  canonicalDecimal,
  canonicalText,
  formatInterval,
  parseJsonExact,
  type ColumnType,
  type ScalarType,
} from "@millrace/core";
import type { SchemaElement } from "hyparquet";

/** How the values of a leaf are decoded. */
export interface Leaf {
  readonly type: ColumnType;
  /** Makes what hyparquet gives into an exact value. Never gets null. */
  readonly convert: (raw: unknown) => unknown;
}

const dateText = canonicalText({ kind: "date" });
const timeText = canonicalText({ kind: "time" });

/**
 * Decides a leaf's type, and takes away from `element` what hyparquet would convert with loss: it makes decimals into
 * doubles and times into milliseconds.
 */
export function takeLeaf(element: SchemaElement, binaryAsText: boolean): Leaf {
  const leaf = leafOf(element, binaryAsText);
  if (keepsAnnotation(element)) return leaf;
  const text = isText(element) || element.converted_type === "JSON" || element.logical_type?.type === "JSON";
  delete element.logical_type;
  delete element.converted_type;
  // hyparquet decodes each entry of a dictionary once.
  if (text || (binaryAsText && element.type === "BYTE_ARRAY" && leaf.type.kind === "text")) {
    element.converted_type = "UTF8";
  }
  return leaf;
}

function keepsAnnotation({ logical_type, converted_type }: SchemaElement): boolean {
  const logical = logical_type?.type ?? "";
  return (
    ["UUID", "FLOAT16", "GEOMETRY", "GEOGRAPHY", "INTEGER"].includes(logical) ||
    /^U?INT_/.test(converted_type ?? "")
  );
}

function isText({ logical_type, converted_type }: SchemaElement): boolean {
  return (
    converted_type === "UTF8" ||
    converted_type === "ENUM" ||
    logical_type?.type === "STRING" ||
    logical_type?.type === "ENUM"
  );
}

function leafOf(element: SchemaElement, binaryAsText: boolean): Leaf {
  const { converted_type: converted, logical_type: logical } = element;
  if (isText(element)) return plain("text");
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") return decimal(element);
  if (converted === "DATE" || logical?.type === "DATE") {
    return { type: { kind: "date" }, convert: (raw) => dateText(raw) };
  }
  if (converted === "JSON" || logical?.type === "JSON") {
    return { type: { kind: "json" }, convert: (raw) => parseJsonExact(String(raw)) };
  }
  if (logical?.type === "TIMESTAMP") return timestamp(logical.unit, logical.isAdjustedToUTC);
  if (converted === "TIMESTAMP_MILLIS") return timestamp("MILLIS", true);
  if (converted === "TIMESTAMP_MICROS") return timestamp("MICROS", true);
  if (logical?.type === "TIME") return time(logical.unit);
  if (converted === "TIME_MILLIS") return time("MILLIS");
  if (converted === "TIME_MICROS") return time("MICROS");
  if (converted === "INTERVAL" || logical?.type === "INTERVAL") {
    return { type: { kind: "interval" }, convert: intervalText };
  }
  if (logical?.type === "UUID") return plain("uuid");
  if (logical?.type === "FLOAT16") return plain("real");
  if (logical?.type === "GEOMETRY" || logical?.type === "GEOGRAPHY") return plain("json");
  return physical(element, binaryAsText);
}

function physical(element: SchemaElement, binaryAsText: boolean): Leaf {
  const { converted_type: converted, logical_type: logical } = element;
  const bits =
    logical?.type === "INTEGER" ? logical.bitWidth : Number(/INT_(\d+)$/.exec(converted ?? "")?.[1] ?? 0);
  const signed = logical?.type === "INTEGER" ? logical.isSigned : !(converted ?? "").startsWith("U");
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
    case "BYTE_ARRAY":
      if (binaryAsText) return plain("text");
      return { type: { kind: "bytea" }, convert: copied };
    default:
      return { type: { kind: "bytea" }, convert: copied };
  }
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
function timestamp(unit: "MILLIS" | "MICROS" | "NANOS", utc: boolean): Leaf {
  const type: ScalarType = { kind: utc ? "timestamptz" : "timestamp" };
  const text = canonicalText(type);
  return { type, convert: (raw) => text(microseconds(raw as number | bigint, unit)) };
}

function time(unit: "MILLIS" | "MICROS" | "NANOS"): Leaf {
  return {
    type: { kind: "time" },
    convert: (raw) => timeText(Number(microseconds(raw as number | bigint, unit))),
  };
}

function microseconds(raw: number | bigint, unit: "MILLIS" | "MICROS" | "NANOS"): number | bigint {
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
