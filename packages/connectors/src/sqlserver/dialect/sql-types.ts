import { formatColumnType, type ColumnType } from "@millrace/core";

/** A column's type as sys.columns has it. */
export interface CatalogType {
  /** Of the type itself, or what a type of the database's own is made of. */
  readonly name: string;
  /** In bytes; -1 for `(max)`. */
  readonly maxLength: number;
  readonly precision: number;
  readonly scale: number;
  readonly collation: string | null;
}

const SAME: Readonly<Record<string, ColumnType>> = {
  bit: { kind: "boolean" },
  tinyint: { kind: "smallint" },
  smallint: { kind: "smallint" },
  int: { kind: "integer" },
  bigint: { kind: "bigint" },
  real: { kind: "real" },
  float: { kind: "double" },
  date: { kind: "date" },
  datetime: { kind: "timestamp" },
  smalldatetime: { kind: "timestamp" },
  time: { kind: "time" },
  datetime2: { kind: "timestamp" },
  datetimeoffset: { kind: "timestamptz" },
  uniqueidentifier: { kind: "uuid" },
  money: { kind: "numeric", precision: 19, scale: 4 },
  smallmoney: { kind: "numeric", precision: 10, scale: 4 },
  binary: { kind: "bytea" },
  varbinary: { kind: "bytea" },
  image: { kind: "bytea" },
  timestamp: { kind: "bytea" },
  rowversion: { kind: "bytea" },
};

/** Types that give back less than every value of their counterpart, or change values, when they are written. */
const NARROW = new Set([
  "tinyint",
  "datetime",
  "smalldatetime",
  "smallmoney",
  "binary",
  "image",
  "timestamp",
  "rowversion",
]);

/** The type in Millrace's words that reads all values of a column; `text` for what has no counterpart. */
export function readableType(type: CatalogType): ColumnType {
  if (type.name === "decimal" || type.name === "numeric") {
    return { kind: "numeric", precision: type.precision, scale: type.scale };
  }
  return SAME[type.name] ?? { kind: "text" };
}

/**
 * The same as `formatColumnType` writes it, but undefined where values that are written would not come back as they were:
 * code pages, padded types, seconds with fewer than six digits.
 */
export function writableType(type: CatalogType): string | undefined {
  if (NARROW.has(type.name)) return undefined;
  const seconds = ["time", "datetime2", "datetimeoffset"].includes(type.name);
  if (seconds && type.scale < 6) return undefined;
  if (type.name === "nvarchar") return "text";
  if (type.name === "varchar") return type.collation?.endsWith("_UTF8") ? "text" : undefined;
  const readable = readableType(type);
  return readable.kind === "text" ? undefined : formatColumnType(readable);
}

/** The type as it is declared: `nvarchar(20)`, `decimal(12,2)`, `varbinary(max)`. */
export function declaredType({ name, maxLength, precision, scale }: CatalogType): string {
  switch (name) {
    case "nvarchar":
    case "nchar":
      return `${name}(${maxLength === -1 ? "max" : maxLength / 2})`;
    case "varchar":
    case "char":
    case "varbinary":
    case "binary":
      return `${name}(${maxLength === -1 ? "max" : maxLength})`;
    case "decimal":
    case "numeric":
      return `${name}(${precision},${scale})`;
    case "time":
    case "datetime2":
    case "datetimeoffset":
      return `${name}(${scale})`;
    default:
      return name;
  }
}
