import {
  HASH_VERSION,
  MillraceError,
  nearest,
  type ColumnDefinition,
  type TableDefinition,
} from "@millrace/core";
import { introspect, type ColumnDescription, type Queryable } from "../ddl/introspect.ts";
import type { QualifiedName } from "../quote.ts";

/** A table that Millrace writes, as the destination's own records have it. */
export interface StoredTable extends QualifiedName {
  readonly mode: string;
  readonly key: readonly string[];
  /** The columns that pipelines brought, with the types that they have in the database. */
  readonly columns: readonly ColumnDefinition[];
  /** Version of the specification that the row hashes follow. */
  readonly hashVersion: number;
}

/** What is recorded of a table for one of the pipelines that write it. */
export interface StoredEntry {
  namespace: string;
  name: string;
  pipeline: string;
  mode: string;
  definition: TableDefinition;
  hash_version: number;
}

const ENTRIES = `SELECT table_schema AS namespace, table_name AS name, pipeline, mode, definition, hash_version
FROM millrace.tables ORDER BY table_schema, table_name, pipeline`;

/** Every table with its owner; none where Millrace never wrote into this database. */
export async function storedTables(client: Queryable): Promise<readonly StoredEntry[]> {
  return (await hasRecords(client)) ? (await client.query<StoredEntry>(ENTRIES)).rows : [];
}

/** Whether Millrace ever wrote into this database. */
export async function hasRecords(client: Queryable): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('millrace.tables') IS NOT NULL AS there",
  );
  return rows[0]?.there === true;
}

/**
 * Finds a table by its name, or by schema and name with a dot between. Fails with MLR_TABLE_NOT_FOUND (and the nearest
 * name), MLR_ARGUMENT_INVALID where several schemas have it, or MLR_SCHEMA_MISMATCH where a column is gone or of a type
 * that Millrace does not write.
 */
export async function findStoredTable(client: Queryable, name: string): Promise<StoredTable> {
  const found = findEntries(await storedTables(client), name);
  const [first] = found as [StoredEntry];
  return {
    namespace: first.namespace,
    name: first.name,
    mode: first.mode,
    key: first.definition.key,
    columns: await presentColumns(client, found),
    hashVersion: Math.min(...found.map((entry) => entry.hash_version)),
  };
}

/**
 * The entries, at least one, of the table of this name, or of this schema and name with a dot between. Fails with
 * MLR_TABLE_NOT_FOUND (and the nearest name), or MLR_ARGUMENT_INVALID where several schemas have it.
 */
export function findEntries(entries: readonly StoredEntry[], name: string): readonly StoredEntry[] {
  const found = entries.filter((entry) => entry.name === name || qualified(entry) === name);
  if (found.length === 0) throw notFound(name, entries);
  const places = new Set(found.map(qualified));
  if (places.size === 1) return found;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `several schemas have a table "${name}"`, {
    hint: `Say which one: ${[...places].join(", ")}.`,
  });
}

/** Fails with MLR_SCHEMA_MISMATCH where the rows' hashes follow another version of the specification than today's. */
export function requireHashVersion(table: StoredTable): void {
  if (table.hashVersion === HASH_VERSION) return;
  throw new MillraceError(
    "MLR_SCHEMA_MISMATCH",
    `the row hashes of table "${table.name}" follow version ${table.hashVersion} of the specification, not ${HASH_VERSION}`,
    { hint: "Run the table's pipeline once, which computes them anew." },
  );
}

/** Pipelines that share a table may have brought different columns: for the rows of the others these are null. */
async function presentColumns(
  client: Queryable,
  entries: readonly StoredEntry[],
): Promise<ColumnDefinition[]> {
  const [first] = entries as [StoredEntry];
  const described = await introspect(client, first);
  if (described === undefined) {
    throw new MillraceError("MLR_TABLE_NOT_FOUND", `table "${qualified(first)}" does not exist any more`, {
      hint: "Somebody dropped it. Running its pipeline with --full creates it again.",
    });
  }
  const there = new Map(described.columns.map((column) => [column.name, column]));
  const brought = new Map(
    entries.flatMap((entry) => entry.definition.columns.map((column) => [column.name, column])),
  );
  return [...brought.values()].map((column) =>
    presentColumn(column, there.get(column.name), qualified(first)),
  );
}

function presentColumn(
  column: ColumnDefinition,
  there: ColumnDescription | undefined,
  table: string,
): ColumnDefinition {
  if (there?.type !== undefined) return { ...column, type: there.type };
  const what =
    there === undefined ? "is gone" : `is of type ${there.sqlType} now, which Millrace does not write`;
  throw new MillraceError("MLR_SCHEMA_MISMATCH", `column "${column.name}" of table "${table}" ${what}`, {
    hint: "Somebody else changed the table: change it back, or let another table take its place.",
    details: { table, column: column.name },
  });
}

function qualified(table: QualifiedName): string {
  return `${table.namespace}.${table.name}`;
}

function notFound(name: string, entries: readonly StoredEntry[]): MillraceError {
  const names = [...new Set(entries.map((entry) => entry.name))];
  const guess = nearest(name, names);
  const list =
    names.length === 0 ? "It writes none here yet." : `Its tables: ${names.slice(0, 20).join(", ")}.`;
  return new MillraceError("MLR_TABLE_NOT_FOUND", `Millrace writes no table "${name}" in this database`, {
    hint: guess === undefined ? list : `Did you mean "${guess}"?`,
    details: { table: name },
  });
}
