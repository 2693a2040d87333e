import type { ColumnDefinition, ColumnType, ScalarType } from "@millrace/core";
import type { ServerFeatures } from "../server/server-features.ts";

/** How a value is laid out in RowBinary. */
export type Layout =
  | "byte"
  | "int16"
  | "int32"
  | "int64"
  | "float32"
  | "float64"
  | "text"
  | "bytes"
  | "uuid"
  | "decimal32"
  | "decimal64"
  | "decimal128";

/** Digits that fit into Decimal128. */
const MAX_DIGITS = 38;

/** The type that a scalar has in ClickHouse, not nullable, and how its values are laid out. */
export interface ScalarForm {
  readonly sql: string;
  readonly layout: Layout;
}

/**
 * The form of a scalar type. What the server has no type for, or a type with a smaller range, is an integer (days or
 * microseconds since 1970-01-01) or text; the registry of tables keeps the type that is meant.
 */
export function scalarForm(type: ScalarType, features: ServerFeatures): ScalarForm {
  switch (type.kind) {
    case "boolean":
      return { sql: features.bool ? "Bool" : "UInt8", layout: "byte" };
    case "smallint":
      return { sql: "Int16", layout: "int16" };
    case "integer":
      return { sql: "Int32", layout: "int32" };
    case "bigint":
    case "time":
      return { sql: "Int64", layout: "int64" };
    case "real":
      return { sql: "Float32", layout: "float32" };
    case "double":
      return { sql: "Float64", layout: "float64" };
    case "numeric":
      return numericForm(type);
    case "date":
      return { sql: features.date32 ? "Date32" : "Int32", layout: "int32" };
    case "timestamp":
    case "timestamptz":
      return { sql: features.dateTime64 ? "DateTime64(6, 'UTC')" : "Int64", layout: "int64" };
    case "uuid":
      return { sql: "UUID", layout: "uuid" };
    case "bytea":
      return { sql: "String", layout: "bytes" };
    default:
      return { sql: "String", layout: "text" };
  }
}

function numericForm({ precision, scale = 0 }: ScalarType): ScalarForm {
  if (precision === undefined || precision > MAX_DIGITS) return { sql: "String", layout: "text" };
  const layout = precision <= 9 ? "decimal32" : precision <= 18 ? "decimal64" : "decimal128";
  return { sql: `Decimal(${precision}, ${scale})`, layout };
}

/** Whether the column can be null in ClickHouse itself: arrays cannot, `NULL_ARRAYS` names those that are. */
export function isNullable(column: ColumnDefinition): boolean {
  return column.nullable !== false && column.type.kind !== "array";
}

/** The column's type in ClickHouse. */
export function columnSql(
  column: ColumnDefinition,
  features: ServerFeatures,
  lowCardinality: ReadonlySet<string> = new Set(),
): string {
  const { type } = column;
  if (type.kind === "array") return `Array(Nullable(${scalarForm(type.of, features).sql}))`;
  const { sql } = scalarForm(type, features);
  const nullable = isNullable(column) ? `Nullable(${sql})` : sql;
  return isLow(type, column.name, features, lowCardinality) ? `LowCardinality(${nullable})` : nullable;
}

function isLow(
  type: ColumnType,
  name: string,
  features: ServerFeatures,
  wanted: ReadonlySet<string>,
): boolean {
  return features.lowCardinality && type.kind === "text" && wanted.has(name);
}

/** Names the columns of a row whose arrays are null: ClickHouse has no null arrays. */
export const NULL_ARRAYS = "_null_arrays";

/** Whether a table of these columns has `NULL_ARRAYS`. */
export function hasArrays(columns: readonly ColumnDefinition[]): boolean {
  return columns.some(({ type }) => type.kind === "array");
}
