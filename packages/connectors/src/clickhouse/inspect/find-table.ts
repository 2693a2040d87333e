import { MillraceError, nearest } from "@millrace/core";
import { layoutOf, type TableLayout } from "../define/layout.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quote, quoteText } from "../server/quote.ts";
import { STATE_DATABASE } from "../state/names.ts";
import { latestDefinition, readRegistry, type TableRecord } from "../state/registry.ts";

/** The tables that pipelines have committed, an owner each. */
export async function committedTables(server: ClickHouseServer): Promise<readonly TableRecord[]> {
  const found = await server.values(
    `SELECT 1 FROM system.tables WHERE database = ${quoteText(STATE_DATABASE)} AND startsWith(name, 'journal_') LIMIT 1`,
  );
  if (found.length === 0) return [];
  return (await readRegistry(server)).filter(({ committed }) => committed);
}

/** The table of this name, also with its database before it. Fails with MLR_TABLE_NOT_FOUND. */
export async function findTable(server: ClickHouseServer, name: string): Promise<TableLayout> {
  const records = await committedTables(server);
  const own = server.settings.database;
  const matching = records.filter(
    ({ database, definition }) => definition.name === name || `${database}.${definition.name}` === name,
  );
  const preferred = matching.filter(({ database }) => database === own);
  const record = latestDefinition(preferred.length > 0 ? preferred : matching);
  if (record !== undefined)
    return layoutOf(record.definition, { database: record.database, features: server.features });
  const names = [...new Set(records.map(({ definition }) => definition.name))];
  const guess = nearest(name, names);
  throw new MillraceError("MLR_TABLE_NOT_FOUND", `Millrace writes no table "${name}" in this ClickHouse`, {
    hint:
      guess === undefined
        ? `Its tables: ${names.slice(0, 20).join(", ") || "none yet"}.`
        : `Did you mean "${guess}"?`,
    details: { table: name },
  });
}

/** FROM … WHERE … of the live rows. */
export function liveRows({ main, view }: TableLayout): string {
  return view === undefined
    ? `FROM ${quote(main.database, main.name)} WHERE 1`
    : `FROM ${quote(main.database, main.name)} FINAL WHERE _removed = 0`;
}
