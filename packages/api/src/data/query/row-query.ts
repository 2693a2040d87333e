import type { Filter } from "../filter/filter.ts";

/** What is shown of each row. */
export interface Selection {
  /** Names of columns; null: all that are seen. */
  readonly columns: readonly string[] | null;
  /** Rows of other tables, by declared relations. */
  readonly embeds: readonly Embed[];
}

/** Rows of another table that are shown with each row. */
export interface Embed {
  /** Name of the relation. */
  readonly relation: string;
  readonly selection: Selection;
}

/** A column by which rows are sorted. Rows without a value come last. */
export interface OrderTerm {
  readonly column: string;
  readonly descending: boolean;
}

/** How many rows there are besides the page: not told, counted, or estimated. */
export type CountKind = "none" | "exact" | "estimate";

/** Which rows of a table, and what of them. */
export interface RowQuery {
  readonly selection: Selection;
  /** Null: all. */
  readonly filter: Filter | null;
  /** The key comes behind. */
  readonly order: readonly OrderTerm[];
  /** The table as it was at this time, in ISO 8601; undefined: as it is. */
  readonly asOf?: string | undefined;
  /** bigint and numeric as text, so that no digit is lost to programs that read numbers as doubles. */
  readonly exactNumbers: boolean;
}

/** One page of them. */
export interface PageQuery extends RowQuery {
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly count: CountKind;
}

/** Rows of a page at most. */
export const PAGE_LIMIT = 1_000;
/** Rows of a page where nothing is said. */
export const PAGE_DEFAULT = 100;
/** Rows that one embedded list has at most. */
export const EMBED_LIMIT = 100;
/** Depth of relations in each other. */
export const EMBED_DEPTH = 4;
/** Columns by which rows are sorted at most. */
export const ORDER_LIMIT = 8;
