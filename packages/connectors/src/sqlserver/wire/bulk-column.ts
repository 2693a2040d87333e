import type { TYPES } from "tedious";
import type { DataType } from "./exact-types.ts";

/** tedious' own types, handed over when it is loaded. */
export type DriverTypes = typeof TYPES;

/** A column of a bulk load. */
export interface BulkColumn {
  readonly name: string;
  type(types: DriverTypes): DataType;
  readonly options: {
    readonly nullable: boolean;
    /** `Infinity` for the `(max)` types. */
    readonly length?: number;
    readonly precision?: number;
    readonly scale?: number;
  };
}
