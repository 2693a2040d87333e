import type { TableSize } from "@millrace/core";
import type { Queryable } from "../../ddl/introspect.ts";
import { hasRecords } from "../stored-table.ts";

const SIZES = `
SELECT CASE WHEN known.table_schema = 'public' THEN known.table_name ELSE known.table_schema || '.' || known.table_name END AS name,
  sum(pg_catalog.pg_total_relation_size(c.oid))::float8 AS bytes,
  CASE WHEN bool_or(c.reltuples < 0 AND c.relkind = 'r') THEN NULL ELSE sum(greatest(c.reltuples, 0)) FILTER (WHERE c.relkind = 'r') END::float8 AS rows
FROM (SELECT DISTINCT table_schema, table_name FROM millrace.tables) AS known
JOIN pg_catalog.pg_namespace AS n ON n.nspname = known.table_schema
JOIN pg_catalog.pg_class AS whole ON whole.relnamespace = n.oid AND whole.relname = known.table_name
CROSS JOIN LATERAL (SELECT whole.oid AS relid UNION SELECT relid FROM pg_catalog.pg_partition_tree(whole.oid)) AS part
JOIN pg_catalog.pg_class AS c ON c.oid = part.relid
GROUP BY 1`;

/** The size of each table, as `Inspector.tables` names them; rows as the server's statistics have them. */
export async function tableSizes(client: Queryable): Promise<ReadonlyMap<string, TableSize>> {
  if (!(await hasRecords(client))) return new Map();
  const { rows } = await client.query<{ name: string; bytes: number; rows: number | null }>(SIZES);
  return new Map(
    rows.map(({ name, bytes, rows: estimated }) => [
      name,
      { bytes, ...(estimated === null ? {} : { estimatedRows: Math.round(estimated) }) },
    ]),
  );
}
