import { MillraceError, type Row } from "@millrace/core";
import { compileRowReader } from "../columns/row-codec.ts";
import type { RelationalDialect } from "../relational-dialect.ts";
import { Link } from "../session/link.ts";
import { StateTables } from "../state/state-tables.ts";
import { findStoredTable } from "./stored-table.ts";

/**
 * The live rows of a table that Millrace writes, in storage form, with the user's columns alone; none where there is no such
 * table. For the `rows` of a contract test's harness: it keeps all rows in memory.
 */
export async function readTable(dialect: RelationalDialect, table: string): Promise<Row[]> {
  const link = await Link.open(dialect, { name: "millrace read" });
  try {
    const namespace = await link.ask("looking at the connection", (connection) =>
      dialect.defaultNamespace(connection),
    );
    const state = new StateTables(dialect, namespace);
    const recorded = (await state.exist(link)) ? state : undefined;
    const { columns, target } = await findStoredTable(link, recorded, table);
    const reader = compileRowReader(dialect, columns);
    const rows: Row[] = [];
    const select = `SELECT ${reader.select("t")} FROM ${target} t`;
    for await (const batch of link.stream(`reading table "${table}"`, select))
      for (const answer of batch) rows.push(reader.read(answer));
    return rows;
  } catch (error) {
    if (error instanceof MillraceError && error.code === "MLR_TABLE_NOT_FOUND") return [];
    throw error;
  } finally {
    await link.close();
  }
}
