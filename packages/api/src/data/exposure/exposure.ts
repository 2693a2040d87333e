import type { Relation } from "./relation.ts";

/** A collected table that the data API may show. */
export interface Exposure {
  /** As it is called in `/data/{table}`. */
  readonly name: string;
  /** Its schema in the database. */
  readonly namespace: string;
  /** Its name in the database. */
  readonly table: string;
  /** The columns that anybody may see at all; null: all but those that Millrace adds. */
  readonly columns: readonly string[] | null;
  /** What can be embedded. */
  readonly relations: readonly Relation[];
  readonly description: string | null;
}

/** Names that an exposed table may have. */
export const EXPOSED_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;
