import type { Row } from "@millrace/core";
import { compileRowReader } from "../../shared/relational/columns/row-codec.ts";
import { findStoredTable } from "../../shared/relational/inspect/stored-table.ts";
import type { RelationalDialect } from "../../shared/relational/index.ts";
import { Link } from "../../shared/relational/session/link.ts";
import { StateTables } from "../../shared/relational/state/state-tables.ts";
import { ownersOf } from "../../shared/relational/state/owners.ts";

/** The live rows of a table in storage form; none where there is no such table. */
export async function storedRows(dialect: RelationalDialect, table: string): Promise<readonly Row[]> {
  const link = await Link.open(dialect, { name: "test" });
  try {
    const namespace = await link.ask("test", (connection) => dialect.defaultNamespace(connection));
    const state = new StateTables(dialect, namespace);
    if (!(await state.exist(link))) return [];
    const owners = await ownersOf(link, state);
    if (!owners.some(({ name }) => name === table)) return [];
    const layout = await findStoredTable(link, state, table);
    const reader = compileRowReader(dialect, layout.columns);
    const rows: Row[] = [];
    for await (const batch of link.stream("test", `SELECT ${reader.select("t")} FROM ${layout.target} t`)) {
      rows.push(...batch.map((row) => reader.read(row)));
    }
    return rows;
  } finally {
    await link.close();
  }
}
