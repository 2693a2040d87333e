import { compileRowHasher, MillraceError, type Json, type Row, type VerifyResult } from "@millrace/core";
import { compileRowReader } from "../columns/row-codec.ts";
import { hashColumn } from "../define/metadata-columns.ts";
import { keyColumns } from "../define/table-layout.ts";
import type { Link } from "../session/link.ts";
import type { StateTables } from "../state/state-tables.ts";
import { jsonValue } from "./json-value.ts";
import { findStoredTable } from "./stored-table.ts";

/** Keys listed of rows that others changed. */
const MAX_EXAMPLES = 100;

/**
 * Reads every row of a merged table back, hashes it again and compares with the stored hash, in bounded memory. Fails as
 * `findStoredTable`, and with MLR_ARGUMENT_INVALID where the table's write mode keeps no hashes.
 */
export async function verifyTable(
  link: Link,
  state: StateTables | undefined,
  name: string,
): Promise<VerifyResult> {
  const layout = await findStoredTable(link, state, name);
  const { table, columns, target } = layout;
  if (table.mode !== "merge") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `table "${name}" is written in mode ${table.mode}, which keeps no row hashes to compare with`,
      { hint: "Only tables of mode merge can be verified." },
    );
  }
  const reader = compileRowReader(link.dialect, [...columns, hashColumn(link.dialect)]);
  const hash = compileRowHasher(columns);
  const key = keyColumns(layout);
  const examples: { key: Json; fields: null }[] = [];
  let rows = 0;
  let different = 0;
  for await (const batch of link.stream(
    `verifying table "${name}"`,
    `SELECT ${reader.select("t")} FROM ${target} t`,
  )) {
    rows += batch.length;
    for (const answer of batch) {
      const row = reader.read(answer);
      if (isHash(row["_row_hash"], hashOf(hash, row))) continue;
      different++;
      if (examples.length === MAX_EXAMPLES) continue;
      const values = key.map((column): [string, Json] => [
        column.name,
        jsonValue(column.type, row[column.name]),
      ]);
      examples.push({ key: Object.fromEntries(values), fields: null });
    }
  }
  return { table: table.name, rows, equal: rows - different, different, examples };
}

/** Values that Millrace never writes may have no canonical form: undefined. */
function hashOf(hash: (row: Row) => string, row: Row): string | undefined {
  try {
    return hash(row);
  } catch {
    return undefined;
  }
}

function isHash(stored: unknown, hash: string | undefined): boolean {
  return stored instanceof Uint8Array && hash !== undefined && Buffer.from(hash, "latin1").equals(stored);
}
