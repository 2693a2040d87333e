import type { ColumnType } from "./column-type.ts";

/** A column of a table, under the name that it has in the destination. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: ColumnType;
  /** Default true. Columns of a key are never null. */
  readonly nullable?: boolean;
  /** Arrays and JSON arrays of this column compare as sets: their order is left out of the row hash. Default false. */
  readonly unordered?: boolean;
}

/** How often a snapshot is kept: one per calendar unit, in UTC. */
export type SnapshotPeriod = "hour" | "day" | "week" | "month" | "year";

/**
 * How rows are written.
 * - `append`: each row is inserted.
 * - `replace`: the table holds what the last complete epoch read; readers see the old rows or the new, never none.
 * - `upsert`: by key, insert or overwrite; no comparison, no history, no removals.
 * - `merge`: by key, with row hashes: inserts, updates, removals and restorations are told apart and the old
 *   versions kept in `<table>__history`.
 * - `snapshot`: each complete epoch is kept as the one snapshot of its period.
 */
export type WriteMode = "append" | "replace" | "upsert" | "merge" | "snapshot";

/** What to do with rows that do not fit the table as it is. */
export type SchemaContract = "evolve" | "freeze" | "discard" | "quarantine";

/** Everything a destination must know of a table before rows are written to it. Names are final: normalised and within limits. */
export interface TableDefinition {
  /** The table's name, without schema. */
  readonly name: string;
  /** The database schema (namespace); default: the destination's own default. */
  readonly namespace?: string;
  readonly columns: readonly ColumnDefinition[];
  /** Names of the key columns; empty where the table has no key. */
  readonly key: readonly string[];
  readonly mode: WriteMode;
  /** merge only: `archive` moves removed rows to the history, `delete` forgets them, `keep` leaves them in place. Default `archive`. */
  readonly removals?: "archive" | "delete" | "keep";
  /** merge only: largest share of the live rows (of the stream or scope) that one completing commit may remove. Default 0.5. */
  readonly maxRemovedShare?: number;
  /** snapshot only: the calendar unit that has one snapshot. */
  readonly snapshot?: SnapshotPeriod;
  /** Lets several pipelines share the table: each owns the rows whose `column` (part of the key) equals its `value`. */
  readonly discriminator?: { readonly column: string; readonly value: string };
  /** Child tables: the columns that hold the parent's key; a commit completes the scope of each parent key it carries. */
  readonly parentKey?: readonly string[];
  /** Tables the engine keeps for itself (quarantine): not owned by key or hash, always appended to. Default false. */
  readonly internal?: boolean;
}

/** A change that was made, or in a dry run would be made, to the destination's schema. */
export interface SchemaChange {
  readonly table: string;
  readonly kind: "create-table" | "add-column" | "widen-column" | "drop-not-null" | "create-history";
  readonly column?: string;
  readonly from?: string;
  readonly to?: string;
  /** The statement, for people to read. */
  readonly statement: string;
}
