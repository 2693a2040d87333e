import type { ColumnType, ScalarKind } from "@millrace/core";
import { ARRAY_OIDS, TYPE_OIDS } from "../codec/type-oids.ts";
import { columnTypeOf } from "../ddl/column-type-of.ts";

/** Types that are read as one of ours without loss: json, name, oid, bpchar, varchar, and the arrays of the texts and json. */
const ALIASES: ReadonlyMap<number, ColumnType> = new Map<number, ColumnType>([
  [18, { kind: "text" }],
  [19, { kind: "text" }],
  [26, { kind: "bigint" }],
  [114, { kind: "json" }],
  [1042, { kind: "text" }],
  [1043, { kind: "text" }],
  [199, { kind: "array", of: { kind: "json" } }],
  [1014, { kind: "array", of: { kind: "text" } }],
  [1015, { kind: "array", of: { kind: "text" } }],
]);

const PLAIN = new Map<number, ScalarKind>(
  Object.entries(TYPE_OIDS).map(([kind, oid]) => [oid, kind as ScalarKind]),
);
const ARRAYS = new Map<number, ScalarKind>(
  Object.entries(ARRAY_OIDS).map(([kind, oid]) => [oid, kind as ScalarKind]),
);

/**
 * The column type that values of a PostgreSQL type are read as; lengths and precisions of times only narrow what there can
 * be. What has no counterpart (enums, ranges, inet, …) is undefined: it is read as its text.
 */
export function readingTypeOf(oid: number, modifier: number): ColumnType | undefined {
  const exact = columnTypeOf(oid, modifier) ?? ALIASES.get(oid);
  if (exact !== undefined) return exact;
  const kind = PLAIN.get(oid);
  if (kind !== undefined) return { kind };
  const of = ARRAYS.get(oid);
  return of === undefined ? undefined : { kind: "array", of: { kind: of } };
}
