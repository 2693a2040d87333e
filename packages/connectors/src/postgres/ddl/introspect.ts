import type { ColumnType } from "@millrace/core";
import type { QualifiedName } from "../quote.ts";
import { columnTypeOf } from "./column-type-of.ts";

/** What `pg.Client` and `pg.PoolClient` have in common that is needed to ask questions. */
export interface Queryable {
  query<R extends object>(text: string, values?: readonly unknown[]): Promise<{ rows: R[] }>;
}

/** What a relation is. */
export type RelationKind =
  "table" | "partitioned table" | "view" | "materialized view" | "foreign table" | "other";

/** A column as the database has it. */
export interface ColumnDescription {
  readonly name: string;
  /** As `format_type` writes it, for messages: `character varying(20)`. */
  readonly sqlType: string;
  /** The column type that stores and gives back every value unchanged; undefined where there is none. */
  readonly type: ColumnType | undefined;
  readonly nullable: boolean;
  /** Computed by the database: `GENERATED ALWAYS AS (…) STORED` or `GENERATED ALWAYS AS IDENTITY`. */
  readonly generated: boolean;
  readonly hasDefault: boolean;
}

/** A table, or whatever else has its name, as the database has it. */
export interface TableDescription extends QualifiedName {
  readonly kind: RelationKind;
  readonly columns: readonly ColumnDescription[];
  /** Columns of the primary key in its order; empty where there is none. */
  readonly primaryKey: readonly string[];
  /** Sets of columns that are unique besides the primary key: complete, immediate indexes on plain columns. */
  readonly unique: readonly (readonly string[])[];
  /** Other tables inherit from it or are its partitions. */
  readonly hasChildren: boolean;
  /** Row security that would hide rows from the owner, or triggers that could change them, exist. */
  readonly guarded: { readonly rowSecurity: boolean; readonly triggers: readonly string[] };
}

interface RelationRow {
  relkind: string;
  children: boolean;
  security: boolean;
  triggers: string[];
  columns: ColumnRow[];
  keys: { primary: boolean; columns: string[] }[];
}

interface ColumnRow {
  name: string;
  type: string;
  oid: number;
  modifier: number;
  required: boolean;
  generated: boolean;
  default: boolean;
}

const RELATION = `
SELECT c.relkind::text, c.relhassubclass AS children,
  c.relrowsecurity AND (c.relforcerowsecurity OR c.relowner <> (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)) AS security,
  ARRAY(SELECT t.tgname::text FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' ORDER BY t.tgname) AS triggers,
  (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'oid', a.atttypid::int8, 'modifier', a.atttypmod,
      'required', a.attnotnull, 'generated', a.attgenerated <> '' OR a.attidentity = 'a', 'default', a.atthasdef OR a.attidentity <> ''
    ) ORDER BY a.attnum), '[]')
    FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('primary', i.indisprimary, 'columns', ARRAY(
      SELECT a.attname::text FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
      WHERE k.place <= i.indnkeyatts ORDER BY k.place)) ORDER BY i.indexrelid), '[]')
    FROM pg_catalog.pg_index i
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL) AS keys
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2`;

/** Reads what a table looks like, whatever the search_path; undefined where nothing has that name. */
export async function introspect(
  client: Queryable,
  table: QualifiedName,
): Promise<TableDescription | undefined> {
  const { rows } = await client.query<RelationRow>(RELATION, [table.namespace, table.name]);
  const found = rows[0];
  if (found === undefined) return undefined;
  return {
    namespace: table.namespace,
    name: table.name,
    kind: KINDS[found.relkind] ?? "other",
    columns: found.columns.map(describe),
    primaryKey: found.keys.find((key) => key.primary)?.columns ?? [],
    unique: found.keys.filter((key) => !key.primary).map((key) => key.columns),
    hasChildren: found.children,
    guarded: { rowSecurity: found.security, triggers: found.triggers },
  };
}

const KINDS: Readonly<Record<string, RelationKind>> = {
  r: "table",
  p: "partitioned table",
  v: "view",
  m: "materialized view",
  f: "foreign table",
};

function describe(column: ColumnRow): ColumnDescription {
  return {
    name: column.name,
    sqlType: column.type,
    type: columnTypeOf(column.oid, column.modifier),
    nullable: !column.required,
    generated: column.generated,
    hasDefault: column.default,
  };
}
