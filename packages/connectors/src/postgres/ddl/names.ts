import { suffixIdentifier } from "@millrace/core";
import { IDENTIFIER_BYTES } from "../quote.ts";

/** Name of the table that keeps the old versions of the rows of a table. */
export function historyName(table: string): string {
  return suffixIdentifier(table, "__history", IDENTIFIER_BYTES);
}

/** Name of the primary key of a table. */
export function primaryKeyName(table: string): string {
  return suffixIdentifier(table, "_pkey", IDENTIFIER_BYTES);
}

/** Name of the index by key of a table's history. */
export function historyIndexName(table: string): string {
  return suffixIdentifier(table, "__history_key_idx", IDENTIFIER_BYTES);
}

/** Name of the index by snapshot of a table without a key. */
export function snapshotIndexName(table: string): string {
  return suffixIdentifier(table, "__snapshot_idx", IDENTIFIER_BYTES);
}
