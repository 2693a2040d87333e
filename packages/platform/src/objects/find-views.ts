import type { Database, Row, TouchedObject } from "@millrace/core";

/** Names that can stand in a text of any database. */
const PLAIN = /^[\p{L}\p{N}_ $.-]+$/u;
/** Names that are asked for at once. */
const MOST = 500;

/**
 * Those of a database's tables that are views, as views. A name without a schema is one where everything of that name is.
 * Fails as the database does.
 */
export async function findViews(
  database: Database,
  tables: readonly TouchedObject[],
): Promise<readonly TouchedObject[]> {
  const names = [...new Set(tables.map(({ name }) => name.toLowerCase()).filter((name) => PLAIN.test(name)))];
  if (names.length === 0) return [];
  const list = names
    .slice(0, MOST)
    .map((name) => `'${name}'`)
    .join(", ");
  const rows = await database.query(question(database.kind, list));
  const known = rows.map((row) => textsOf(row).map((text) => text.toLowerCase()));
  return tables.flatMap((table): TouchedObject[] => {
    const namespace = table.namespace?.split(".").at(-1)?.toLowerCase();
    const types = known
      .filter(([schema, name]) => name === table.name.toLowerCase() && (namespace ?? schema) === schema)
      .map(([, , type]) => type ?? "");
    return types.length > 0 && types.every((type) => type.endsWith("view"))
      ? [{ ...table, kind: "view" }]
      : [];
  });
}

function question(kind: string, names: string): string {
  const all = `SELECT table_schema AS s, table_name AS n, table_type AS t FROM information_schema.tables WHERE lower(table_name) IN (${names})`;
  // The standard knows no materialized views.
  return kind === "postgres"
    ? `${all} UNION ALL SELECT schemaname, matviewname, 'VIEW' FROM pg_catalog.pg_matviews WHERE lower(matviewname) IN (${names})`
    : all;
}

function textsOf(row: Row): string[] {
  return [row["s"], row["n"], row["t"]].map((value) => (typeof value === "string" ? value : ""));
}
