import type { ColumnType, ScalarKind } from "@millrace/core";

const SQL_NAMES: Readonly<Record<ScalarKind, string>> = {
  boolean: "boolean",
  smallint: "smallint",
  integer: "integer",
  bigint: "bigint",
  numeric: "numeric",
  real: "real",
  double: "double precision",
  text: "text",
  date: "date",
  time: "time",
  timestamp: "timestamp",
  timestamptz: "timestamptz",
  interval: "interval",
  uuid: "uuid",
  json: "jsonb",
  bytea: "bytea",
};

/** A column type as PostgreSQL writes it: `double precision`, `numeric(12,2)`, `jsonb`, `text[]`. */
export function sqlType(type: ColumnType): string {
  if (type.kind === "array") return `${sqlType(type.of)}[]`;
  const name = SQL_NAMES[type.kind];
  return type.precision === undefined ? name : `${name}(${type.precision},${type.scale ?? 0})`;
}
