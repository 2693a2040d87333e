import type { ColumnDefinition, TableDefinition } from "@millrace/core";
import { introspect, type TableDescription } from "../ddl/introspect.ts";
import { historyName } from "../ddl/names.ts";
import type { QualifiedName } from "../quote.ts";
import type { Connection } from "../session/connection.ts";

/** Who writes a table, as `millrace.tables` has it. */
export interface OwnerRow {
  readonly pipeline: string;
  readonly definition: TableDefinition;
  readonly hashVersion: number;
  readonly discriminator: { readonly column: string; readonly value: string } | undefined;
  readonly hasRemovals: boolean;
}

/** A table as it is now: in the database, and in Millrace's records. */
export interface CurrentTable {
  readonly description: TableDescription | undefined;
  readonly hasHistory: boolean;
  /** Whether the database schema exists that the table is or will be in. */
  readonly hasSchema: boolean;
  readonly owners: readonly OwnerRow[];
}

interface Entry {
  pipeline: string;
  definition: TableDefinition;
  hash_version: number;
  discriminator_column: string | null;
  discriminator_value: string | null;
  has_removals: boolean;
}

/** Reads what there is of a table. @param recorded false where schema `millrace` does not exist. */
export async function currentTable(
  connection: Connection,
  name: QualifiedName,
  recorded: boolean,
): Promise<CurrentTable> {
  const what = `looking at table "${name.name}"`;
  const client = {
    query: <R extends object>(text: string, values?: readonly unknown[]) =>
      connection.query<R>(what, text, values),
  };
  const description = await introspect(client, name);
  const history =
    description === undefined
      ? undefined
      : await introspect(client, { namespace: name.namespace, name: historyName(name.name) });
  const entries = recorded
    ? await connection.query<Entry>(
        what,
        `SELECT pipeline, definition, hash_version, discriminator_column, discriminator_value, has_removals
         FROM millrace.tables WHERE table_schema = $1 AND table_name = $2 ORDER BY pipeline`,
        [name.namespace, name.name],
      )
    : { rows: [] };
  const hasSchema = description !== undefined || (await schemaExists(connection, name.namespace));
  return { description, hasHistory: history !== undefined, hasSchema, owners: entries.rows.map(ownerRow) };
}

/** The pipelines' columns that the table has, with the types that they have in the database. */
export function presentColumns(current: CurrentTable, hidden: readonly string[]): ColumnDefinition[] {
  const said = new Map(
    current.owners.flatMap(({ definition }) => definition.columns.map((column) => [column.name, column])),
  );
  return (current.description?.columns ?? [])
    .filter(({ name, type, generated }) => type !== undefined && !generated && !hidden.includes(name))
    .map(({ name, type, nullable }) => ({
      name,
      type: type ?? { kind: "text" },
      nullable,
      ...(said.get(name)?.unordered === true ? { unordered: true } : {}),
    }));
}

async function schemaExists(connection: Connection, namespace: string): Promise<boolean> {
  const { rowCount } = await connection.query(
    `looking for schema "${namespace}"`,
    "SELECT FROM pg_namespace WHERE nspname = $1",
    [namespace],
  );
  return rowCount > 0;
}

function ownerRow(entry: Entry): OwnerRow {
  const { discriminator_column: column, discriminator_value: value } = entry;
  return {
    pipeline: entry.pipeline,
    definition: entry.definition,
    hashVersion: entry.hash_version,
    discriminator: column === null || value === null ? undefined : { column, value },
    hasRemovals: entry.has_removals,
  };
}
