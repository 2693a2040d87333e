/**
 * One record as a plain object, column name → value. A missing column and `null` mean the same.
 * Values: `null`, `undefined`, boolean, number, bigint, string, `Date`, `Uint8Array`, arrays and plain objects.
 */
export type Row = Record<string, unknown>;
