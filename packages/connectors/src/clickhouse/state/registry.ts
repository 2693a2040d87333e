import { MillraceError, type Json, type TableDefinition } from "@millrace/core";
import { definitionFromJson } from "../define/definition-json.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quoteText } from "../server/quote.ts";
import { STATE_DATABASE } from "./names.ts";

/** A table as one of its owners committed it last. */
export interface TableRecord {
  readonly pipeline: string;
  readonly database: string;
  readonly definition: TableDefinition;
  /** When the owner changed it last, in microseconds by the server's clock. */
  readonly at: number;
  /** False while the owner has announced the table but not committed it. */
  readonly committed: boolean;
}

/** What an entry of kind `table` holds. */
export interface TableEntry {
  readonly pipeline: string;
  readonly database: string;
  readonly definition: Json;
  readonly at: number;
  readonly committed: boolean;
}

/** Name of the journal's entry about a table. */
export function tableEntryName(database: string, table: string): string {
  return `${database}.${table}`;
}

/** Every table that any pipeline owns, or those of one name: an owner each. */
export async function readRegistry(server: ClickHouseServer, entry?: string): Promise<TableRecord[]> {
  const rows = await server.values(
    `SELECT argMax(value, revision), argMax(removed, revision) AS gone
FROM merge(${quoteText(STATE_DATABASE)}, '^journal_')
WHERE kind = 'table'${entry === undefined ? "" : ` AND name = ${quoteText(entry)}`}
GROUP BY _table, name HAVING gone = 0 ORDER BY name`,
    { doing: "looking for tables" },
  );
  return rows.map(([value]) => {
    const { definition, ...rest } = JSON.parse(String(value)) as TableEntry;
    return { ...rest, definition: definitionFromJson(definition) };
  });
}

/** The columns that a table has: those its owner committed last. Undefined where nobody has committed it. */
export function latestDefinition(records: readonly TableRecord[]): TableRecord | undefined {
  return records.filter(({ committed }) => committed).toSorted((a, b) => b.at - a.at)[0];
}

/** Fails with MLR_TABLE_OWNED where another pipeline owns the table, or its part of it. */
export function checkOwners(
  wanted: TableDefinition,
  pipeline: string,
  records: readonly TableRecord[],
): void {
  const own = wanted.discriminator;
  for (const { pipeline: owner, definition } of records) {
    if (owner === pipeline) continue;
    const theirs = definition.discriminator;
    if (own !== undefined && own.column === theirs?.column && own.value !== theirs.value) continue;
    throw new MillraceError("MLR_TABLE_OWNED", `table "${wanted.name}" belongs to pipeline "${owner}"`, {
      hint: "Write to another table, or give both pipelines a discriminator column that is part of the key.",
      details: { table: wanted.name, owner },
    });
  }
}
