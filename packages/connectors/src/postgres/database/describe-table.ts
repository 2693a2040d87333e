import type { ColumnType } from "@millrace/core";
import type pg from "pg";
import { introspect } from "../ddl/introspect.ts";
import { quoteIdentifier, quoteTable } from "../quote.ts";
import { readingTypeOf } from "./reading-type.ts";

/** A column as the database has it; `type` is undefined where none of ours is its counterpart. */
export interface DescribedColumn {
  readonly name: string;
  readonly type: ColumnType | undefined;
  readonly nullable: boolean;
}

/** A table, view or foreign table, wherever the search_path finds it. */
export interface DescribedTable {
  /** Its name with its schema, quoted. */
  readonly quoted: string;
  readonly columns: readonly DescribedColumn[];
  /** Columns of the primary key; empty where there is none. */
  readonly key: readonly string[];
}

const PLACE = `
SELECT n.nspname AS namespace, c.relname AS name
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`;

/** Reads what a table looks like; undefined where there is none of that name. */
export async function describeTable(
  client: pg.ClientBase,
  table: string,
  namespace?: string,
): Promise<DescribedTable | undefined> {
  const named = namespace === undefined ? quoteIdentifier(table) : quoteTable({ namespace, name: table });
  const { rows } = await client.query<{ namespace: string; name: string }>(PLACE, [named]);
  const place = rows[0];
  if (place === undefined) return undefined;
  const found = await introspect(client, place);
  const quoted = quoteTable(place);
  const { fields } = await client.query(`SELECT * FROM ${quoted} LIMIT 0`);
  const nullable = new Map(found?.columns.map((column) => [column.name, column.nullable]));
  return {
    quoted,
    columns: fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
      name,
      type: readingTypeOf(dataTypeID, dataTypeModifier),
      nullable: nullable.get(name) ?? true,
    })),
    key: found?.primaryKey ?? [],
  };
}
