import { compileRowHasher, MillraceError, type Json, type Row, type VerifyResult } from "@millrace/core";
import { ADDED } from "../define/layout.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { findTable, liveRows } from "./find-table.ts";
import { jsonValue } from "./json-value.ts";
import { readRows } from "./read-rows.ts";

/** Keys listed of rows that others changed. */
const MAX_EXAMPLES = 100;

/** Reads every row of a merged table back, hashes it again and compares with the stored hash, in bounded memory. */
export async function verifyTable(server: ClickHouseServer, name: string): Promise<VerifyResult> {
  const table = await findTable(server, name);
  const { definition } = table;
  if (definition.mode !== "merge") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `table "${name}" is written in mode ${definition.mode}, which keeps no row hashes to compare with`,
      { hint: "Only tables of mode merge can be verified." },
    );
  }
  const hash = compileRowHasher(definition.columns);
  const columns = [...definition.columns, ADDED.hash];
  const types = new Map(columns.map((column) => [column.name, column.type]));
  const examples: { key: Json; fields: null }[] = [];
  let rows = 0;
  let different = 0;
  for await (const batch of readRows(server, columns, liveRows(table))) {
    rows += batch.length;
    for (const row of batch) {
      if (storedHash(row) === hash(row)) continue;
      different++;
      if (examples.length === MAX_EXAMPLES) continue;
      const key = definition.key.map((each) => {
        const type = types.get(each);
        return [each, type === undefined ? null : jsonValue(type, row[each])] as const;
      });
      examples.push({ key: Object.fromEntries(key), fields: null });
    }
  }
  return { table: definition.name, rows, equal: rows - different, different, examples };
}

function storedHash(row: Row): string {
  return Buffer.from(row[ADDED.hash.name] as Uint8Array).toString("latin1");
}
