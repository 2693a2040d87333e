import type { ColumnType, ScalarType } from "@millrace/core";
import type { SchemaElement } from "hyparquet";

/** Digits of the largest decimal that Parquet readers take. */
const MAX_PRECISION = 38;

/** How a scalar is written: its leaf of the schema, and what the writer is given of a value in storage form. */
export interface ParquetScalar {
  readonly element: Omit<SchemaElement, "name" | "repetition_type">;
  readonly value: (stored: unknown) => unknown;
}

const same = (stored: unknown): unknown => stored;
const big = (stored: unknown): unknown => BigInt(stored as number | bigint);
const TEXT: ParquetScalar = {
  element: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  value: same,
};

/** The Parquet type that holds a type without loss. Intervals, and numbers without a precision, are text. */
export function parquetScalar(type: ScalarType): ParquetScalar {
  switch (type.kind) {
    case "boolean":
      return { element: { type: "BOOLEAN" }, value: same };
    case "smallint":
      return { element: { type: "INT32", converted_type: "INT_16" }, value: same };
    case "integer":
      return { element: { type: "INT32" }, value: same };
    case "bigint":
      return { element: { type: "INT64" }, value: big };
    case "real":
      return { element: { type: "FLOAT" }, value: same };
    case "double":
      return { element: { type: "DOUBLE" }, value: same };
    case "numeric":
      return decimalOf(type) ?? TEXT;
    case "date":
      return { element: { type: "INT32", converted_type: "DATE" }, value: same };
    case "time":
      return { element: { type: "INT64", logical_type: micros("TIME", false) }, value: big };
    case "timestamp":
      return { element: { type: "INT64", logical_type: micros("TIMESTAMP", false) }, value: big };
    case "timestamptz":
      return { element: { type: "INT64", logical_type: micros("TIMESTAMP", true) }, value: big };
    case "uuid":
      return {
        element: { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, logical_type: { type: "UUID" } },
        value: same,
      };
    case "json":
      // The older annotation is added at the end, see `ParquetEncoder`.
      return {
        element: { type: "BYTE_ARRAY", logical_type: { type: "JSON" } },
        value: (stored) => Buffer.from(stored as string, "utf8"),
      };
    case "bytea":
      return { element: { type: "BYTE_ARRAY" }, value: same };
    default:
      return TEXT;
  }
}

/** The elements of the schema for a column: one, or the three of a list. */
export function parquetColumn(name: string, type: ColumnType): SchemaElement[] {
  if (type.kind !== "array") return [{ name, repetition_type: "OPTIONAL", ...parquetScalar(type).element }];
  return [
    {
      name,
      repetition_type: "OPTIONAL",
      num_children: 1,
      converted_type: "LIST",
      logical_type: { type: "LIST" },
    },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "OPTIONAL", ...parquetScalar(type.of).element },
  ];
}

function micros(
  type: "TIME" | "TIMESTAMP",
  isAdjustedToUTC: boolean,
): NonNullable<SchemaElement["logical_type"]> {
  return { type, isAdjustedToUTC, unit: "MICROS" };
}

function decimalOf({ precision, scale = 0 }: ScalarType): ParquetScalar | undefined {
  if (precision === undefined || precision > MAX_PRECISION || scale < 0 || scale > precision)
    return undefined;
  const width = precision <= 9 ? 4 : precision <= 18 ? 8 : 16;
  const physical: ParquetScalar["element"] =
    width === 4
      ? { type: "INT32" }
      : width === 8
        ? { type: "INT64" }
        : { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16 };
  return {
    element: {
      ...physical,
      converted_type: "DECIMAL",
      logical_type: { type: "DECIMAL", precision, scale },
      precision,
      scale,
    },
    value: (stored) => unscaled(stored as string, scale),
  };
}

/** Whether a type is a decimal that Parquet has; then its values are numbers without a point. */
export function isParquetDecimal(type: ScalarType): boolean {
  return type.kind === "numeric" && decimalOf(type) !== undefined;
}

function unscaled(text: string, scale: number): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(`${whole}${fraction.padEnd(scale, "0")}`);
}
