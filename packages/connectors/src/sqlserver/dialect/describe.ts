import type { QualifiedName, TableDescription } from "../../shared/relational/index.ts";
import { quoteLiteral, quotePath } from "../quote.ts";
import { declaredType, writableType, type CatalogType } from "./sql-types.ts";

/** Extended properties in which the type of a column, and the key of a table without primary key, are noted. */
export const TYPE_PROPERTY = "millrace_type";
export const KEY_PROPERTY = "millrace_key";

/** A connection as far as describing needs one. */
export interface Asks {
  query(statement: string): Promise<Record<string, unknown>[]>;
}

/** A column as the catalog has it. */
export interface CatalogColumn extends CatalogType {
  readonly column: string;
  readonly nullable: boolean;
  /** Computed, IDENTITY, rowversion or a period column: the server fills it. */
  readonly generated: boolean;
  readonly hasDefault: boolean;
  readonly mark: string | undefined;
}

/** What has the name of a table, with its columns in their order; undefined where nothing has. */
export async function catalogColumns(
  connection: Asks,
  table: QualifiedName,
): Promise<
  { readonly kind: TableDescription["kind"]; readonly columns: readonly CatalogColumn[] } | undefined
> {
  const rows = await connection.query(columnsStatement(table));
  const kind = rows[0]?.["object_type"];
  if (kind === undefined) return undefined;
  return {
    kind: kind === "U" ? "table" : kind === "V" ? "view" : "other",
    columns: rows.filter(({ column_name }) => column_name !== null).map(catalogColumn),
  };
}

/** The description that the toolkit asks for. */
export async function describe(
  connection: Asks,
  table: QualifiedName,
): Promise<TableDescription | undefined> {
  const found = await catalogColumns(connection, table);
  if (found === undefined) return undefined;
  const keys = found.kind === "table" ? await connection.query(keysStatement(table)) : [];
  const unique = new Map<unknown, string[]>();
  for (const { index_id, is_primary_key, column_name } of keys) {
    const name = is_primary_key === true ? "primary" : index_id;
    const columns = unique.get(name) ?? [];
    columns.push(column_name as string);
    unique.set(name, columns);
  }
  const noted = keys.find(({ noted_key }) => typeof noted_key === "string")?.["noted_key"];
  const primaryKey = unique.get("primary") ?? notedKey(noted);
  unique.delete("primary");
  unique.delete(null);
  return {
    kind: found.kind,
    columns: found.columns.map((column) => ({
      name: column.column,
      sqlType: declaredType(column),
      type: writableType(column),
      mark: column.mark,
      nullable: column.nullable,
      generated: column.generated,
      hasDefault: column.hasDefault,
    })),
    primaryKey,
    unique: [...unique.values()],
  };
}

function notedKey(noted: unknown): string[] {
  if (typeof noted !== "string") return [];
  try {
    const names: unknown = JSON.parse(noted);
    return Array.isArray(names) && names.every((name) => typeof name === "string") ? names : [];
  } catch {
    // A property of somebody else's.
    return [];
  }
}

function catalogColumn(row: Readonly<Record<string, unknown>>): CatalogColumn {
  return {
    column: row["column_name"] as string,
    name: row["type_name"] as string,
    maxLength: row["max_length"] as number,
    precision: row["precision"] as number,
    scale: row["scale"] as number,
    collation: row["collation_name"] as string | null,
    nullable: row["is_nullable"] === true,
    generated: row["is_generated"] === 1,
    hasDefault: row["has_default"] === 1,
    mark: (row["mark"] as string | null) ?? undefined,
  };
}

/** A name for OBJECT_ID(). */
function objectLiteral(table: QualifiedName): string {
  return quoteLiteral(quotePath(table.namespace, table.name));
}

/** One row per column, or one with nulls where what has the name has no columns. */
function columnsStatement(table: QualifiedName): string {
  return `SELECT RTRIM(o.type) AS object_type, c.name AS column_name, COALESCE(b.name, u.name) AS type_name,
  c.max_length, c.[precision], c.[scale], c.collation_name, c.is_nullable,
  CASE WHEN c.is_computed = 1 OR c.is_identity = 1 OR u.name = N'timestamp' OR c.generated_always_type <> 0
    THEN 1 ELSE 0 END AS is_generated,
  CASE WHEN c.default_object_id <> 0 THEN 1 ELSE 0 END AS has_default,
  CAST(p.value AS nvarchar(200)) AS mark
FROM sys.objects AS o
LEFT JOIN sys.columns AS c ON c.object_id = o.object_id
LEFT JOIN sys.types AS u ON u.user_type_id = c.user_type_id
LEFT JOIN sys.types AS b ON b.user_type_id = c.system_type_id AND u.is_user_defined = 1
LEFT JOIN sys.extended_properties AS p
  ON p.class = 1 AND p.major_id = c.object_id AND p.minor_id = c.column_id AND p.name = N'${TYPE_PROPERTY}'
WHERE o.object_id = OBJECT_ID(${objectLiteral(table)})
ORDER BY c.column_id`;
}

/** The primary key and the unique indexes over whole columns and all rows, one row per column; and what is noted of the key. */
export function keysStatement(table: QualifiedName): string {
  return `SELECT i.index_id, i.is_primary_key, c.name AS column_name, k.key_ordinal, NULL AS noted_key
FROM sys.indexes AS i
JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = OBJECT_ID(${objectLiteral(table)}) AND i.is_unique = 1 AND i.has_filter = 0
  AND i.is_disabled = 0 AND k.is_included_column = 0 AND k.key_ordinal > 0
UNION ALL
SELECT NULL, CAST(0 AS bit), NULL, 0, CAST(p.value AS nvarchar(4000))
FROM sys.extended_properties AS p
WHERE p.class = 1 AND p.major_id = OBJECT_ID(${objectLiteral(table)}) AND p.minor_id = 0 AND p.name = N'${KEY_PROPERTY}'
ORDER BY index_id, key_ordinal`;
}
