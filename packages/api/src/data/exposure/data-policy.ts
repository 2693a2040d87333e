import type { Filter } from "../filter/filter.ts";

/** What a role sees of an exposed table; without one it sees nothing of it. */
export interface DataPolicy {
  readonly role: string;
  /** Name of the exposed table. */
  readonly table: string;
  /** Null: all that the table shows. */
  readonly columns: readonly string[] | null;
  /** Only rows for which it holds. Null: all. It may name columns that the role does not see. */
  readonly rows: Filter | null;
}

/** The role of who shows no key. */
export const PUBLIC_ROLE = "public";
/** The role that keys and policies have where none is named. */
export const READER_ROLE = "reader";
/** Names that a role may have. */
export const ROLE_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,39}$/;
