import { compileRowHasher, type ColumnDefinition, type Row } from "@millrace/core";
import type { ClientBase } from "pg";
import type { DecodedColumn } from "../codec/copy-decoder.ts";
import { quoteIdentifier, quoteTable, type QualifiedName } from "../quote.ts";
import { readRows } from "./read-rows.ts";

export interface RehashOptions {
  /** The table, or its history: whatever has the columns and a `_row_hash`. */
  readonly table: QualifiedName;
  /** The columns that the hash covers, with the types that they have now. */
  readonly columns: readonly ColumnDefinition[];
  /** An SQL condition: only these rows. Default: all rows. */
  readonly where?: string;
  /** The hash of rows with values that Millrace never writes, such as infinite dates. Default: the one that they have. */
  readonly otherwise?: Buffer;
  /** Told of each hash that changes, for whoever keeps hashes or fingerprints elsewhere. */
  readonly changed?: (before: Uint8Array | undefined, after: Uint8Array) => void;
}

/** Blocks of the table (8 KB each) that are read and then written in one go. */
const BLOCKS = 512;
/** No column can have a name with NUL, so these are free. */
const PLACE = "\0place";
const OLD_HASH = "\0hash";

/**
 * Computes row hashes anew and writes those that differ, a part of the table at a time, so that memory stays bounded.
 * Call it inside a transaction: the table is locked against other writers until its end. Returns how many rows changed.
 */
export async function rehash(client: ClientBase, options: RehashOptions): Promise<number> {
  const name = quoteTable(options.table);
  await client.query(`LOCK TABLE ${name} IN SHARE ROW EXCLUSIVE MODE`);
  const size = await client.query<{ blocks: string }>(
    "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::int8 AS blocks",
    [name],
  );
  // Rows that are written again move behind this, where they need not be looked at a second time.
  const blocks = Number(size.rows[0]?.blocks ?? 0);
  let changed = 0;
  for (let from = 0; from < blocks; from += BLOCKS) {
    changed += await rehashBlocks(client, options, { from, to: Math.min(from + BLOCKS, blocks) });
  }
  return changed;
}

async function rehashBlocks(
  client: ClientBase,
  { table, columns, where, otherwise, changed }: RehashOptions,
  { from, to }: { from: number; to: number },
): Promise<number> {
  const hash = compileRowHasher(columns);
  const selected = [...columns.map((column) => quoteIdentifier(column.name)), "_row_hash", "ctid::text"].join(
    ", ",
  );
  const blocks = `ctid >= '(${from},0)'::tid AND ctid < '(${to},0)'::tid`;
  const condition = where === undefined ? blocks : `${blocks} AND (${where})`;
  const read: DecodedColumn[] = [
    ...columns,
    { name: OLD_HASH, type: { kind: "bytea" } },
    { name: PLACE, type: { kind: "text" } },
  ];
  const places: string[] = [];
  const hashes: Buffer[] = [];
  for await (const rows of readRows(
    client,
    `SELECT ${selected} FROM ${quoteTable(table)} WHERE ${condition}`,
    read,
  )) {
    for (const row of rows) {
      const fresh = hashBytes(hash, row) ?? otherwise;
      const old = row[OLD_HASH] instanceof Uint8Array ? row[OLD_HASH] : undefined;
      if (fresh === undefined || (old !== undefined && fresh.equals(old))) continue;
      changed?.(old, fresh);
      places.push(row[PLACE] as string);
      hashes.push(fresh);
    }
  }
  if (places.length === 0) return 0;
  const written = await client.query(
    `UPDATE ${quoteTable(table)} AS t SET _row_hash = fresh.hash
     FROM unnest($1::tid[], $2::bytea[]) AS fresh (place, hash) WHERE t.ctid = fresh.place`,
    [places, hashes],
  );
  return written.rowCount ?? 0;
}

/** Undefined for a row with values that Millrace never writes. */
function hashBytes(hash: (row: Row) => string, row: Row): Buffer | undefined {
  try {
    return Buffer.from(hash(row), "latin1");
  } catch {
    return undefined;
  }
}
