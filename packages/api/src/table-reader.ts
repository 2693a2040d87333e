import type { Json, RowVersion } from "@millrace/core";

/** A table that a pipeline writes. */
export interface CollectedTable {
  /** As `rows` and the others take it: with its schema where that is not the default one. */
  readonly table: string;
  readonly pipeline: string;
  /** `append`, `merge` and so on. */
  readonly mode: string;
  /** Where it is, for people and without passwords, such as `PostgreSQL localhost:5432/shop`. */
  readonly location: string;
  /** Rows can be read page by page, filtered and sorted. */
  readonly browsable: boolean;
}

export interface TableColumn {
  readonly name: string;
  /** The type as Millrace names it, such as `numeric(12,2)`. */
  readonly type: string;
  readonly key: boolean;
  /** Columns that Millrace adds, such as `_loaded_at`. */
  readonly own: boolean;
}

/** One condition on a column. Values are compared as the column's type. */
export interface RowFilter {
  readonly column: string;
  readonly operator: "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "null" | "not null";
  readonly value?: string;
}

export interface RowsQuery {
  readonly filters?: readonly RowFilter[];
  readonly sort?: { readonly column: string; readonly descending: boolean };
  /** `next` of the page before. */
  readonly after?: string;
  /** At most 1,000. */
  readonly limit: number;
  /** `live`: the table itself; `removed`: rows that were archived; `quarantine`: rows that were refused, with reasons. */
  readonly of: "live" | "removed" | "quarantine";
}

export interface RowsPage {
  readonly columns: readonly TableColumn[];
  /** Values in the order of the columns; numbers beyond 2^53 as text. */
  readonly rows: readonly (readonly Json[])[];
  readonly next?: string;
  /** Rows of the whole table as the database estimates them, where it does. */
  readonly estimatedRows?: number;
}

/** One change of a row between two runs. */
export interface TableChange {
  readonly kind: "inserted" | "updated" | "removed";
  readonly key: Readonly<Record<string, Json>>;
  readonly fields: Readonly<Record<string, { readonly before: Json; readonly after: Json }>>;
}

/**
 * Reads what pipelines collected, wherever it is. The user's code names the destinations, so another process does it,
 * which may die without harm: every call may fail with MLR_TABLE_NOT_FOUND, MLR_ARGUMENT_INVALID or MLR_READER_FAILED.
 */
export interface TableReader {
  tables(): Promise<readonly CollectedTable[]>;
  rows(table: string, query: RowsQuery): Promise<RowsPage>;
  /** Every version of the row with this key, newest first. */
  history(table: string, key: Readonly<Record<string, string>>): Promise<readonly RowVersion[]>;
  /** What changed from the end of one run to the end of another, at most `limit` rows. */
  changes(
    table: string,
    between: { readonly from: string; readonly to: string; readonly limit: number },
  ): Promise<{ readonly changes: readonly TableChange[]; readonly more: boolean }>;
  /** Puts quarantined rows through their pipeline again: those of these positions, or all; gives the run that was queued. */
  reprocess(table: string, by: string): Promise<{ readonly run: string }>;
  /** The checkpoints of a pipeline. */
  state(pipeline: string): Promise<{ readonly checkpoints: Json; readonly openEpochs: Json } | undefined>;
  /** Idempotent. */
  close(): Promise<void>;
}
