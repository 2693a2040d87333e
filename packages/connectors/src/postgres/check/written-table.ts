import type { TableDefinition } from "@millrace/core";
import type { QualifiedName } from "../quote.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";

/** The definition of a table that the pipeline wrote before; undefined where it never did, or the table is gone. */
export async function writtenTable(
  context: SessionContext,
  { namespace, name }: QualifiedName,
): Promise<TableDefinition | undefined> {
  const { rows } = await runSql<{ definition: TableDefinition }>(
    context,
    `looking for table "${name}"`,
    `SELECT definition FROM millrace.tables
     WHERE pipeline = $1 AND table_schema = $2 AND table_name = $3
       AND to_regclass(format('%I.%I', table_schema, table_name)) IS NOT NULL`,
    [context.tablesOf, namespace, name],
  );
  return rows[0]?.definition;
}
