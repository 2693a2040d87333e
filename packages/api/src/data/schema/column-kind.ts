import type { ScalarKind } from "@millrace/core";

/** What the data API knows of a column's type: one that pipelines write, or `other`, which is read as text. */
export type ColumnKind = ScalarKind | "other";

const KINDS: Readonly<Record<string, ColumnKind>> = {
  bool: "boolean",
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  numeric: "numeric",
  float4: "real",
  float8: "double",
  text: "text",
  varchar: "text",
  bpchar: "text",
  date: "date",
  time: "time",
  timestamp: "timestamp",
  timestamptz: "timestamptz",
  interval: "interval",
  uuid: "uuid",
  json: "json",
  jsonb: "json",
  bytea: "bytea",
};

/** The kind of a PostgreSQL type. @param typname its name in pg_type, of an array that of its elements */
export function columnKind(typname: string): ColumnKind {
  return Object.hasOwn(KINDS, typname) ? (KINDS[typname] ?? "other") : "other";
}
