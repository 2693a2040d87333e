import type { Json } from "./json.ts";

/** How a column is compared: `contains` looks for a part of its text, whatever the case; `!=` holds for null as well. */
export const BROWSE_OPERATORS = ["=", "!=", "<", "<=", ">", ">=", "contains", "null", "not null"] as const;

/** One condition on a column. */
export interface BrowseFilter {
  readonly column: string;
  readonly operator: (typeof BROWSE_OPERATORS)[number];
  /** As text, compared as the column's type; absent for `null` and `not null`. */
  readonly value?: string | undefined;
}

/**
 * Which rows of a table: those that it holds; those that were removed from it and have not come back; or those that were
 * refused, with reasons.
 */
export const BROWSED_ROWS = ["live", "removed", "quarantine"] as const;

/** One page of rows. */
export interface BrowseQuery {
  readonly of: (typeof BROWSED_ROWS)[number];
  /** All of them hold. Default: none. */
  readonly filters?: readonly BrowseFilter[] | undefined;
  /**
   * Null comes last. Default: the key; without one as the rows are stored; removed rows latest first, refused ones oldest
   * first.
   */
  readonly sort?: { readonly column: string; readonly descending: boolean } | undefined;
  /** `next` of the page before, of the same query. */
  readonly after?: string | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
}

/** A column of a page. */
export interface BrowsedColumn {
  readonly name: string;
  /** As `formatColumnType` writes it, such as `numeric(12,2)`; a type that Millrace never writes as the database names it. */
  readonly type: string;
  /** Part of the key. */
  readonly key: boolean;
  /** One that Millrace adds, such as `_loaded_at`. */
  readonly own: boolean;
}

/** Rows of a table. */
export interface BrowsedPage {
  readonly columns: readonly BrowsedColumn[];
  /** Values in the order of the columns: numbers that JavaScript would round as text, everything else as `RowVersion` has it. */
  readonly rows: readonly (readonly Json[])[];
  /** Absent on the last page. */
  readonly next?: string | undefined;
  /** Rows without the filters, exact where they are few; on the first page alone, and where it costs little. */
  readonly estimatedRows?: number | undefined;
}

/** Rows of one page that may be asked for at most. */
export const BROWSE_LIMIT = 1_000;

/** How large a table is. */
export interface TableSize {
  /** With its indexes, without its history and quarantine. */
  readonly bytes: number;
  /** As the database estimates them. Absent: it does not. */
  readonly estimatedRows?: number;
}
