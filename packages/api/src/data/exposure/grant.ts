import type { Filter } from "../filter/filter.ts";
import type { ShapeColumn, TableShape } from "../schema/table-shape.ts";
import type { Exposure } from "./exposure.ts";

/** What one role may read of one table, with the table as it is now. */
export interface Grant {
  readonly exposure: Exposure;
  readonly shape: TableShape;
  /** The columns that the role sees, by name, in the table's order. */
  readonly columns: ReadonlyMap<string, ShapeColumn>;
  /** Holds for the rows that the role sees; null: all. */
  readonly rows: Filter | null;
  /** Differs whenever anything above does. */
  readonly stamp: string;
}
