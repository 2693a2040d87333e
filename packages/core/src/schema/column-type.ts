/** The scalar types that a column can have, the same names for every destination. */
export const SCALAR_KINDS = [
  "boolean",
  "smallint",
  "integer",
  "bigint",
  "numeric",
  "real",
  "double",
  "text",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "interval",
  "uuid",
  "json",
  "bytea",
] as const;

/** Name of a scalar type. */
export type ScalarKind = (typeof SCALAR_KINDS)[number];

/** A scalar type; `precision` and `scale` are for `numeric` alone (both or neither). */
export interface ScalarType {
  readonly kind: ScalarKind;
  readonly precision?: number;
  readonly scale?: number;
}

/** A one-dimensional array of scalars. Deeper nesting is stored as `json`. */
export interface ArrayType {
  readonly kind: "array";
  readonly of: ScalarType;
}

/** The type of a column, independent of any database. */
export type ColumnType = ScalarType | ArrayType;
