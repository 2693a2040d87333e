import type { ColumnType, Row } from "@millrace/core";
import type { PlacedTable } from "../ddl/create-table.ts";
import { compileKeyHash } from "./key-hash.ts";
import { KeySet } from "./key-set.ts";

/** Types whose values JavaScript puts in an order, so that a key larger than all before it is a new one. */
const ORDERED: readonly ColumnType["kind"][] = [
  "smallint",
  "integer",
  "bigint",
  "text",
  "uuid",
  "date",
  "time",
  "timestamp",
  "timestamptz",
];
/** Rows after which it is decided whether they come in the order of their keys, and how many of them may not. */
const DECIDE_ROWS = 65_536;
const MAX_DISORDER = 0.01;

/**
 * Says of each row whether one with the same key may have come before. Rows that come in the order of their keys (dumps
 * and exports mostly do) cost no memory; for others it remembers a hash of each key.
 */
export class KeyTracker {
  readonly #keys = new KeySet();
  readonly #hash: (row: Row) => number;
  /** The one column of the key, where its values have an order. */
  readonly #column: string | undefined;
  #order: "unknown" | "yes" | "no";
  #largest: string | number | bigint | undefined;
  #rows = 0;
  #disorderly = 0;

  constructor(table: PlacedTable) {
    this.#hash = compileKeyHash(table.name, table.key, table.columns);
    const [name] = table.key;
    const type = table.columns.find((column) => column.name === name)?.type.kind;
    const ordered = table.key.length === 1 && type !== undefined && ORDERED.includes(type);
    this.#column = ordered ? name : undefined;
    this.#order = this.#column === undefined ? "no" : "unknown";
  }

  /** Not every key is told apart any more. */
  get full(): boolean {
    return this.#keys.full;
  }

  /** Rows came in the order of their keys so far, more or less. */
  get rising(): boolean {
    return (
      this.#order === "yes" || (this.#order === "unknown" && this.#disorderly <= this.#rows * MAX_DISORDER)
    );
  }

  /** True where the key may have come before; false where it has not. Fails with MLR_ROW_KEY_MISSING. */
  add(row: Row): boolean {
    if (this.#order === "no") return this.#keys.add(this.#hash(row));
    const value = row[this.#column as string] as string | number | bigint | null | undefined;
    const rises =
      value !== null && value !== undefined && (this.#largest === undefined || value > this.#largest);
    if (rises) this.#largest = value;
    if (this.#order === "yes") return !rises && this.#outOfOrder(row);
    return this.#observe(row, rises);
  }

  clear(): void {
    this.#keys.clear();
    this.#order = this.#column === undefined ? "no" : "unknown";
    this.#largest = undefined;
    this.#rows = 0;
    this.#disorderly = 0;
  }

  /** What came before is not remembered, so it may be any. */
  #outOfOrder(row: Row): true {
    this.#hash(row);
    return true;
  }

  #observe(row: Row, rises: boolean): boolean {
    const before = this.#keys.add(this.#hash(row));
    this.#rows++;
    if (!rises) this.#disorderly++;
    if (this.#rows >= DECIDE_ROWS) {
      this.#order = this.#disorderly <= this.#rows * MAX_DISORDER ? "yes" : "no";
      if (this.#order === "yes") this.#keys.clear();
    }
    return before && !rises;
  }
}
