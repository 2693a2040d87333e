import type { ColumnDefinition, Row } from "@millrace/core";
import { quote, quoteText } from "../server/quote.ts";
import type { ServerFeatures } from "../server/server-features.ts";
import { isNullable, scalarForm } from "./column-form.ts";

/** A value in storage form as an expression of the column's type. */
export function literal(column: ColumnDefinition, value: unknown, features: ServerFeatures): string {
  if (column.type.kind === "array") return "[]";
  const { sql, layout } = scalarForm(column.type, features);
  switch (layout) {
    case "byte":
      return value === true ? "1" : "0";
    case "float32":
    case "float64":
      return floatLiteral(value as number, sql);
    case "bytes":
      return `unhex('${Buffer.from(value as Uint8Array).toString("hex")}')`;
    case "text":
      return quoteText(value as string);
    case "uuid":
      return `toUUID('${value as string}')`;
    case "decimal32":
    case "decimal64":
    case "decimal128":
      return `CAST('${value as string}' AS ${sql})`;
    default:
      return sql.startsWith("DateTime64") || sql === "Date32"
        ? `CAST(${String(value)} AS ${layout === "int32" ? "Int32" : "Int64"})`
        : String(value);
  }
}

/** By its bits: the server's reading of decimal digits is off by one in the last place now and then. */
function floatLiteral(value: number, sql: string): string {
  const single = sql === "Float32";
  const bytes = Buffer.alloc(single ? 4 : 8);
  if (single) bytes.writeFloatLE(value);
  else bytes.writeDoubleLE(value);
  return `reinterpretAs${sql}(unhex('${bytes.toString("hex")}'))`;
}

/** How stored columns are compared with `literal`: the calendar types as the numbers they are. */
function comparable(column: ColumnDefinition, features: ServerFeatures): string {
  const name = quote(column.name);
  if (column.type.kind === "array") return name;
  const { sql, layout } = scalarForm(column.type, features);
  if (sql.startsWith("DateTime64")) return `toUnixTimestamp64Micro(${name})`;
  return sql === "Date32" && layout === "int32" ? `toInt32(${name})` : name;
}

/**
 * The condition, 0 or 1, that a row has these values, in storage form; null stands for null. A column that no row has
 * brought yet is null in all rows.
 */
export function condition(
  where: Row,
  columns: readonly ColumnDefinition[],
  features: ServerFeatures,
): string {
  const parts = Object.entries(where).map(([name, value]) => {
    const column = columns.find((each) => each.name === name);
    const none = value === null || value === undefined;
    if (column === undefined) return none ? "1" : "0";
    if (none) return isNullable(column) ? `isNull(${quote(name)})` : "0";
    const equal = `${comparable(column, features)} = ${literal(column, value, features)}`;
    return isNullable(column) ? `ifNull(${equal}, 0)` : `(${equal})`;
  });
  return parts.length === 0 ? "1" : parts.join(" AND ");
}
