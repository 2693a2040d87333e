import type { Queryable } from "../../ddl/introspect.ts";
import { quoteTable } from "../../quote.ts";
import { hasRecords, storedTables, type StoredEntry } from "../stored-table.ts";

const SUFFIX = "__quarantine";

/** Quarantines with an origin, whose table nobody has written a row to. */
const ORPHANS = `
SELECT n.nspname AS namespace, c.relname AS name
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'origin' AND NOT a.attisdropped
WHERE c.relkind = 'r' AND right(c.relname, ${SUFFIX.length}) = '${SUFFIX}'
  AND NOT EXISTS (SELECT FROM millrace.tables AS known
    WHERE known.table_schema = n.nspname AND known.table_name = left(c.relname, -${SUFFIX.length}))
ORDER BY 1, 2`;

/**
 * Every table that pipelines write, and those that they would have written if not every row had been refused: of these
 * there is only a quarantine, and their mode is `empty`.
 */
export async function knownTables(client: Queryable): Promise<readonly StoredEntry[]> {
  const stored = await storedTables(client);
  if (!(await hasRecords(client))) return stored;
  const orphans = await client.query<{ namespace: string; name: string }>(ORPHANS);
  const found: StoredEntry[] = [];
  for (const quarantine of orphans.rows) {
    const { rows } = await client.query<{ pipeline: string | null }>(
      `SELECT origin ->> 'pipeline' AS pipeline FROM ${quoteTable(quarantine)} WHERE origin IS NOT NULL LIMIT 1`,
    );
    const pipeline = rows[0]?.pipeline;
    if (pipeline === null || pipeline === undefined) continue;
    const { namespace } = quarantine;
    const name = quarantine.name.slice(0, -SUFFIX.length);
    const definition = { name, namespace, columns: [], key: [], mode: "append" } as const;
    found.push({ namespace, name, pipeline, mode: "empty", definition, hash_version: 0 });
  }
  return [...stored, ...found];
}
