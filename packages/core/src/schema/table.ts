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

/** The calendar unit that has one snapshot; weeks begin on Monday. */
export type SnapshotPeriod = "hour" | "day" | "week" | "month" | "year";

/**
 * How many snapshots stay. A count keeps the last snapshot of each of the newest so many units that have one; a snapshot
 * stays while any of the counts keeps it, and the rows of the others are deleted. At least one count is given.
 */
export interface SnapshotRetention {
  readonly hours?: number;
  readonly days?: number;
  readonly weeks?: number;
  readonly months?: number;
  readonly years?: number;
}

/**
 * How a snapshot table is kept. What a destination has to do when an epoch of such a table completes:
 * 1. the rows of the epoch take the place of the pipeline's own rows (within the epoch's `where`) whose `_snapshot` is the
 *    epoch's scope, `EpochCut.snapshot`; readers never see that scope empty in between;
 * 2. `planSnapshot(definition.snapshot, cut.snapshot, existing)` tells the scopes whose rows (the pipeline's own) are to be
 *    deleted, and the boundaries that were missed; both are told in `CommitResult.snapshots`.
 * Column `_snapshot` is of type `snapshotColumnType(definition.snapshot)`; a scope is the text of its value, and
 * `storedScope` / `scopeOfStored` turn it into storage form and back.
 */
export interface SnapshotDefinition {
  readonly every: SnapshotPeriod;
  /** IANA name of the time zone in which the units begin, such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** Absent: every snapshot stays. */
  readonly retention?: SnapshotRetention;
}

/**
 * How rows are written.
 * - `append`: each row is inserted.
 * - `replace`: the table holds what the last complete epoch read; readers see the old rows or the new, never none.
 * - `upsert`: by key, insert or overwrite; no comparison, no history, no removals.
 * - `merge`: by key, with row hashes: inserts, updates, removals and restorations are told apart and the old
 *   versions kept in `<table>__history`.
 * - `snapshot`: each complete epoch is kept as the one snapshot of its period, see `SnapshotDefinition`.
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
  /** snapshot only: how often one is kept, by whose calendar, and for how long. */
  readonly snapshot?: SnapshotDefinition;
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
