import type {
  BrowsedColumn,
  BrowsedPage,
  BrowseFilter,
  BrowseQuery,
  ErrorCode,
  Json,
  RowChange,
  RowVersion,
} from "@millrace/core";

/** A table that pipelines write. */
export interface CollectedTable {
  /** As `rows` and the others take it: the table's name, or `name@8f03a1c2` where several places have one of that name. */
  readonly id: string;
  /** With its schema where that is not the default one. */
  readonly table: string;
  /** Those that write it: one, unless they share it by a discriminator. */
  readonly pipelines: readonly string[];
  /** `append`, `merge` and so on. */
  readonly mode: string;
  /** Where it is, for people and without passwords, such as `postgres postgresql://localhost:5432/shop`. */
  readonly location: string;
  /** Rows can be read page by page, filtered and sorted. */
  readonly browsable: boolean;
  /** What it takes on disk, with its indexes, where its place tells. */
  readonly bytes?: number | undefined;
  /** Rows as its place estimates them, where it does. */
  readonly estimatedRows?: number | undefined;
}

/** A place that could not be asked for its tables. */
export interface UnreachablePlace {
  readonly location: string;
  readonly pipelines: readonly string[];
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

/** All tables of all places. */
export interface CollectedTables {
  /** Ordered by name, then place. */
  readonly tables: readonly CollectedTable[];
  readonly unreachable: readonly UnreachablePlace[];
}

/** What rows are asked for, and how they come: as destinations take and give them. */
export type TableColumn = BrowsedColumn;
export type RowFilter = BrowseFilter;
export type RowsQuery = BrowseQuery;
export type RowsPage = BrowsedPage;

/** A row that was refused. */
export interface QuarantinedRow {
  /** The row as it was when it was refused. */
  readonly row: Json;
  readonly code: string;
  readonly reason: string;
  /** File and line that it came from, where it came from one. */
  readonly file: string | null;
  readonly line: number | null;
  readonly run: string | null;
  /** ISO 8601. */
  readonly rejectedAt: string | null;
}

export interface QuarantinePage {
  readonly rows: readonly QuarantinedRow[];
  readonly next?: string | undefined;
  readonly estimatedRows?: number | undefined;
}

/** Which refused rows go through their pipeline again. */
export interface ReprocessWishes {
  /** Conditions on the quarantine's columns: code, reason, file, line, run_id, rejected_at. Default: all rows. */
  readonly filters?: readonly RowFilter[] | undefined;
  /** At most so many, oldest first. Default: all. */
  readonly limit?: number | undefined;
  /** Needed where several pipelines write the table. */
  readonly pipeline?: string | undefined;
  /** Who asks. */
  readonly by: string;
}

/**
 * Reads what pipelines collected, wherever it is. The user's code names the destinations, so another process does it,
 * which may die without harm: every call may fail with MLR_TABLE_NOT_FOUND, MLR_ARGUMENT_INVALID or MLR_READER_FAILED.
 */
export interface TableReader {
  tables(): Promise<CollectedTables>;
  rows(table: string, query: RowsQuery): Promise<RowsPage>;
  /** Refused rows, oldest first. */
  quarantine(table: string, query: Omit<RowsQuery, "of" | "sort">): Promise<QuarantinePage>;
  /** Every version of the row with this key, newest first. */
  history(table: string, key: Readonly<Record<string, string>>): Promise<readonly RowVersion[]>;
  /** What changed from the end of one run to the end of another, by key, at most `limit` rows. */
  changes(
    table: string,
    between: {
      readonly from: { readonly run: string; readonly endedAt?: string | undefined };
      readonly to: { readonly run: string; readonly endedAt?: string | undefined };
      readonly limit: number;
    },
  ): Promise<{ readonly changes: readonly RowChange[]; readonly more: boolean }>;
  /** Puts refused rows through their pipeline again, in a run of its own, which is queued. */
  reprocess(
    table: string,
    wishes: ReprocessWishes,
  ): Promise<{ readonly run: string; readonly pipeline: string }>;
  /** The checkpoints of a pipeline; undefined where it never committed. */
  state(pipeline: string): Promise<{ readonly checkpoints: Json; readonly openEpochs: Json } | undefined>;
  /** Idempotent. */
  close(): Promise<void>;
}
