import { MillraceError, nearest } from "@millrace/core";
import type { Queryable } from "../rows/queryable.ts";
import { readTableShape } from "../schema/read-table-shape.ts";
import type { TableShape } from "../schema/table-shape.ts";

/**
 * Finds a table by its name, or by schema and name with a dot between; a name alone is looked for in schema public, then among
 * the tables that pipelines write. Fails with MLR_TABLE_NOT_FOUND and the nearest name.
 */
export async function findTable(client: Queryable, name: string): Promise<TableShape> {
  const dot = name.indexOf(".");
  const places =
    dot > 0
      ? [
          { namespace: name.slice(0, dot), table: name.slice(dot + 1) },
          { namespace: "public", table: name },
        ]
      : [{ namespace: "public", table: name }];
  const written = await writtenTables(client);
  const others = written.filter(({ table }) => table === name);
  for (const place of [...places, ...others]) {
    const shape = await readTableShape(client, place);
    if (shape !== undefined) return shape;
  }
  const names = written.map(({ namespace, table }) =>
    namespace === "public" ? table : `${namespace}.${table}`,
  );
  const guess = nearest(name, names);
  throw new MillraceError("MLR_TABLE_NOT_FOUND", `There is no table "${name}" in the default destination`, {
    hint: guess === undefined ? "Run the pipeline that writes it first." : `Did you mean "${guess}"?`,
    details: { table: name },
  });
}

async function writtenTables(
  client: Queryable,
): Promise<readonly { readonly namespace: string; readonly table: string }[]> {
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('millrace.tables') IS NOT NULL AS there",
  );
  if (rows[0]?.there !== true) return [];
  const found = await client.query<{ namespace: string; table: string }>(
    `SELECT DISTINCT table_schema AS namespace, table_name AS "table" FROM millrace.tables ORDER BY 1, 2 LIMIT 1000`,
  );
  return found.rows;
}
