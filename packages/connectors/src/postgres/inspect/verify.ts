import { compileRowHasher, MillraceError, type Json, type Row, type VerifyResult } from "@millrace/core";
import type { ClientBase } from "pg";
import { columnList } from "../ddl/create-table.ts";
import { quoteTable } from "../quote.ts";
import { jsonValue } from "./json-value.ts";
import { readRows } from "./read-rows.ts";
import { findStoredTable, requireHashVersion, type StoredTable } from "./stored-table.ts";

/** Keys listed of rows that others changed. */
const MAX_EXAMPLES = 100;
/** No column can have a name with NUL, so this one is free. */
const STORED_HASH = "\0hash";

/**
 * Reads every row of a merged table back, hashes it again and compares with the stored hash, in one snapshot and bounded
 * memory. Fails as `findStoredTable`, and with MLR_ARGUMENT_INVALID where the table's write mode keeps no hashes.
 */
export async function verifyTable(client: ClientBase, name: string): Promise<VerifyResult> {
  const table = await findStoredTable(client, name);
  if (table.mode !== "merge") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `table "${name}" is written in mode ${table.mode}, which keeps no row hashes to compare with`,
      { hint: "Only tables of mode merge can be verified." },
    );
  }
  requireHashVersion(table);
  const hash = compileRowHasher(table.columns);
  const examples: { key: Json; fields: null }[] = [];
  let rows = 0;
  let different = 0;
  for await (const batch of readRows(client, selectWithHash(table), withHash(table))) {
    rows += batch.length;
    for (const row of batch) {
      if (isHash(row[STORED_HASH], hashOf(hash, row))) continue;
      different++;
      if (examples.length < MAX_EXAMPLES) examples.push({ key: keyOf(table, row), fields: null });
    }
  }
  return { table: table.name, rows, equal: rows - different, different, examples };
}

function selectWithHash(table: StoredTable): string {
  return `SELECT ${columnList([...table.columns.map((column) => column.name), "_row_hash"])} FROM ${quoteTable(table)}`;
}

function withHash(table: StoredTable): Parameters<typeof readRows>[2] {
  return [...table.columns, { name: STORED_HASH, type: { kind: "bytea" } }];
}

/** Values that Millrace never writes, such as infinite dates or nested arrays, may have no canonical form: undefined. */
function hashOf(hash: (row: Row) => string, row: Row): string | undefined {
  try {
    return hash(row);
  } catch {
    return undefined;
  }
}

function isHash(stored: unknown, hash: string | undefined): boolean {
  if (!(stored instanceof Uint8Array) || stored.length !== hash?.length) return false;
  for (let i = 0; i < stored.length; i++) if (stored[i] !== hash.charCodeAt(i)) return false;
  return true;
}

function keyOf(table: StoredTable, row: Row): Json {
  const types = new Map(table.columns.map((column) => [column.name, column.type]));
  return Object.fromEntries(
    table.key.map((name) => {
      const type = types.get(name);
      return [name, type === undefined ? null : jsonValue(type, row[name])];
    }),
  );
}
