import { createHash } from "node:crypto";
import { IDENTIFIER_BYTES } from "../quote.ts";

/** Name of the table that keeps the old versions of the rows of a table. */
export function historyName(table: string): string {
  return derivedName(table, "__history");
}

/** Name of the primary key of a table. */
export function primaryKeyName(table: string): string {
  return derivedName(table, "_pkey");
}

/** Name of the index by key of a table's history. */
export function historyIndexName(table: string): string {
  return derivedName(table, "__history_key_idx");
}

/** `name` with `suffix` behind it, within PostgreSQL's limit: what is too long is cut, and told apart by a hash. */
export function derivedName(name: string, suffix: string): string {
  if (Buffer.byteLength(name + suffix) <= IDENTIFIER_BYTES) return name + suffix;
  const mark = `_${createHash("sha256").update(name).digest("hex").slice(0, 8)}${suffix}`;
  let kept = name;
  while (Buffer.byteLength(kept + mark) > IDENTIFIER_BYTES) kept = [...kept].slice(0, -1).join("");
  return kept + mark;
}
