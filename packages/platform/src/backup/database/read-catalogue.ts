import type pg from "pg";
import type { SavedSequence } from "../manifest.ts";
import type { TableName } from "./copy-out.ts";

/** The tables that hold rows of these schemas, those that others refer to first. Partitioned ones hold none themselves. */
export async function readTables(client: pg.Client, schemas: readonly string[]): Promise<TableName[]> {
  const { rows } = await client.query<TableName & { oid: number; needs: number[] }>(TABLES, [schemas]);
  return inOrder(rows).map(({ schema, name, columns }) => ({ schema, name, columns }));
}

/** Keeps tables from being dropped or changed until the transaction ends; rows come and go meanwhile. */
export async function lockTables(client: pg.Client, tables: readonly TableName[]): Promise<void> {
  for (const { schema, name } of tables) {
    await client.query(
      `LOCK TABLE ${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)} IN ACCESS SHARE MODE`,
    );
  }
}

/** Where the sequences of these schemas are now: at least where the rows need them, as they know no transactions. */
export async function readSequences(client: pg.Client, schemas: readonly string[]): Promise<SavedSequence[]> {
  const { rows } = await client.query<Omit<SavedSequence, "last" | "called">>(SEQUENCES, [schemas]);
  const found: SavedSequence[] = [];
  for (const each of rows) {
    const name = `${client.escapeIdentifier(each.schema)}.${client.escapeIdentifier(each.name)}`;
    const state = await client.query<{ last: string; called: boolean }>(
      `SELECT last_value::text AS last, is_called AS called FROM ${name}`,
    );
    const [row] = state.rows;
    if (row !== undefined) found.push({ ...each, ...row });
  }
  return found;
}

/** Depth first along foreign keys; circles, which can only be filled with nulls, stay in order of name. */
function inOrder<T extends { readonly oid: number; readonly needs: readonly number[] }>(
  tables: readonly T[],
): T[] {
  const byOid = new Map(tables.map((table) => [table.oid, table]));
  const done = new Set<number>();
  const ordered: T[] = [];
  const visit = (table: T): void => {
    if (done.has(table.oid)) return;
    done.add(table.oid);
    for (const oid of table.needs) {
      const needed = byOid.get(oid);
      if (needed !== undefined) visit(needed);
    }
    ordered.push(table);
  };
  for (const table of tables) visit(table);
  return ordered;
}

const TABLES = `
  SELECT class.oid::integer AS oid, nspname AS schema, relname AS name,
    ARRAY(SELECT attname::text FROM pg_attribute
      WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum) AS columns,
    ARRAY(SELECT DISTINCT confrelid::integer FROM pg_constraint
      WHERE conrelid = class.oid AND contype = 'f' AND confrelid <> class.oid) AS needs
  FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = relnamespace
  WHERE nspname = ANY ($1) AND relkind = 'r' ORDER BY nspname COLLATE "C", relname COLLATE "C"`;

const SEQUENCES = `
  SELECT space.nspname AS schema, class.relname AS name,
    CASE WHEN owner.oid IS NOT NULL THEN json_build_object('schema', owner_space.nspname, 'table', owner.relname,
      'column', (SELECT attname FROM pg_attribute WHERE attrelid = refobjid AND attnum = refobjsubid)) END AS of
  FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = class.relnamespace
  LEFT JOIN pg_depend ON objid = class.oid AND classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
    AND deptype = 'i'
  LEFT JOIN pg_class AS owner ON owner.oid = refobjid
  LEFT JOIN pg_namespace AS owner_space ON owner_space.oid = owner.relnamespace
  WHERE space.nspname = ANY ($1) AND class.relkind = 'S' ORDER BY 1, 2`;
