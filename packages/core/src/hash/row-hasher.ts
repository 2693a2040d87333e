import { hash } from "node:crypto";
import type { Row } from "../row.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import { RowWriter } from "./row-writer.ts";

/** Version of the specification in docs/reference/row-hash.md that `compileRowHasher` follows. */
export const HASH_VERSION = 1;

/**
 * Compiles the row hash of a table: SHA-256, as 32 characters of latin1, of the canonical form of a row in storage form
 * under the columns' names. Other fields of the row are left out.
 */
export function compileRowHasher(columns: readonly ColumnDefinition[]): (row: Row) => string {
  const writer = new RowWriter(columns);
  // "binary" is Node's older name of latin1, and the one its types know here.
  return (row) => hash("sha256", writer.write(row), "binary");
}

/** The bytes that the row hash covers, for the specification's vectors and for tests. */
export function canonicalRow(columns: readonly ColumnDefinition[], row: Row): Uint8Array {
  return new RowWriter(columns).write(row).slice();
}
