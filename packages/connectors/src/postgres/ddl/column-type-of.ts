import type { ColumnType, ScalarKind, ScalarType } from "@millrace/core";
import { ARRAY_OIDS, TYPE_OIDS } from "../codec/type-oids.ts";

const NUMERIC = TYPE_OIDS.numeric;
const VARCHAR = 1043;
const VARCHAR_ARRAY = 1015;
const VARLENA_HEADER = 4;

const SCALARS = byOid(TYPE_OIDS);
const ARRAYS = byOid(ARRAY_OIDS);

/**
 * The column type of a PostgreSQL type, given by its object id and modifier. Undefined where values would not come back
 * as they went in: other types, domains, enums, and lengths or precisions below the full one.
 */
export function columnTypeOf(oid: number, modifier: number): ColumnType | undefined {
  if (oid === NUMERIC) return numericOf(modifier);
  if (oid === ARRAY_OIDS.numeric) {
    const of = numericOf(modifier);
    return of && { kind: "array", of };
  }
  if (modifier !== -1) return undefined;
  const scalar = oid === VARCHAR ? "text" : SCALARS.get(oid);
  if (scalar !== undefined) return { kind: scalar };
  const element = oid === VARCHAR_ARRAY ? "text" : ARRAYS.get(oid);
  return element && { kind: "array", of: { kind: element } };
}

function numericOf(modifier: number): ScalarType | undefined {
  if (modifier === -1) return { kind: "numeric" };
  const precision = ((modifier - VARLENA_HEADER) >> 16) & 0xffff;
  // Eleven bits with a sign: a negative scale rounds before the point, which no column type of ours does.
  const scale = (((modifier - VARLENA_HEADER) & 0x7ff) ^ 1024) - 1024;
  return scale < 0 || scale > precision ? undefined : { kind: "numeric", precision, scale };
}

function byOid(oids: Readonly<Record<ScalarKind, number>>): ReadonlyMap<number, ScalarKind> {
  return new Map(Object.entries(oids).map(([kind, oid]) => [oid, kind as ScalarKind]));
}
