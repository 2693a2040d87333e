import type { ColumnKind } from "./column-kind.ts";

/** A column as the database has it now. */
export interface ShapeColumn {
  readonly name: string;
  /** Of an array: of its elements. */
  readonly kind: ColumnKind;
  readonly array: boolean;
  /** The type in SQL without its length, to which values are cast: `numeric`, `text[]`. */
  readonly sqlType: string;
  readonly nullable: boolean;
  /** One that Millrace adds, such as `_loaded_at`. */
  readonly own: boolean;
}

/** A table as the database has it now. */
export interface TableShape {
  readonly namespace: string;
  readonly table: string;
  /** By name, in the table's order. */
  readonly columns: ReadonlyMap<string, ShapeColumn>;
  /** Columns that tell rows apart; empty where there are none. */
  readonly key: readonly string[];
  /** How pipelines write it; null where none does. */
  readonly mode: string | null;
  /** The table of its old versions with the columns that this has; undefined where it keeps none. */
  readonly history: { readonly table: string; readonly columns: ReadonlySet<string> } | undefined;
  /** A view, which has no place of a row to page by. */
  readonly view: boolean;
}
