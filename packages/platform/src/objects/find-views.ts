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
  const known = rows.map(textsOf);
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

const ALL =
  "select table_schema as s, table_name as n, table_type as t from information_schema.tables where lower(table_name) in";

function question(kind: string, names: string): string {
  // Where SQL Server tells upper from lower case, its catalog is in upper case.
  if (kind === "sqlserver") return `${ALL.toUpperCase()} (${names})`;
  if (kind !== "postgres") return `${ALL} (${names})`;
  // The standard knows no materialized views.
  return `${ALL} (${names}) union all select schemaname, matviewname, 'VIEW' from pg_catalog.pg_matviews where lower(matviewname) in (${names})`;
}

function textsOf(row: Row): string[] {
  const fields = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
  return ["s", "n", "t"].map((name) => {
    const value = fields.get(name);
    return typeof value === "string" ? value.toLowerCase() : "";
  });
}
