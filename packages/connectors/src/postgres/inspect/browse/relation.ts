import { MillraceError, suffixIdentifier, type BrowseQuery } from "@millrace/core";
import { introspect, type ColumnDescription, type Queryable } from "../../ddl/introspect.ts";
import { historyName } from "../../ddl/names.ts";
import { IDENTIFIER_BYTES, quoteIdentifier, quoteTable, type QualifiedName } from "../../quote.ts";
import { knownTables } from "./refused-tables.ts";
import { findEntries, type StoredEntry } from "../stored-table.ts";

/** What rows are ordered by where nothing else decides. */
export interface Tie {
  /** SQL of it, never null. */
  readonly sql: string;
  /** The SQL type that its text is cast to. */
  readonly sqlType: string;
}

/** Where the rows of a query are. */
export interface Relation {
  readonly place: QualifiedName;
  /** SQL that the columns come from: the table under the alias `t`. */
  readonly from: string;
  readonly columns: readonly ColumnDescription[];
  readonly key: readonly string[];
  /** Tells rows apart, and orders them. */
  readonly ties: readonly Tie[];
  /** The column that rows are ordered by without a wish, before what tells them apart. Absent: none. */
  readonly first?: string;
  /** The order without a wish begins with the last. */
  readonly latestFirst: boolean;
  /** Further condition, as SQL. */
  readonly where: string | undefined;
}

/** Columns of Millrace's own that tell a reader nothing. */
const HIDDEN = new Set(["_row_hash", "_version", "_operation", "_changed"]);

/** Finds the rows that a query is about; undefined where no row was ever refused, or every one. Fails as `findEntries`, and with MLR_ARGUMENT_INVALID where there are none of that kind. */
export async function relationOf(
  client: Queryable,
  name: string,
  of: BrowseQuery["of"],
): Promise<Relation | undefined> {
  const known = await knownTables(client);
  // Tables of the default schema are listed without it, whatever other schemas have.
  const plain = known.filter((entry) => entry.namespace === "public" && entry.name === name);
  const entries = plain.length > 0 ? plain : findEntries(known, name);
  if (of === "removed") return removedRows(client, entries);
  return of === "quarantine" ? refusedRows(client, entries) : liveRows(client, entries);
}

async function liveRows(client: Queryable, entries: readonly StoredEntry[]): Promise<Relation | undefined> {
  const [entry] = entries as [StoredEntry];
  if (entry.mode === "empty") return undefined;
  const described = await introspect(client, entry);
  if (described === undefined) {
    throw new MillraceError(
      "MLR_TABLE_NOT_FOUND",
      `table "${entry.namespace}.${entry.name}" does not exist any more`,
      { hint: "Somebody dropped it. Running its pipeline with --full creates it again." },
    );
  }
  const key = described.primaryKey;
  const columns = described.columns.filter((column) => !HIDDEN.has(column.name));
  const keyed = key.length > 0 && key.every((each) => columns.some(({ name }) => name === each));
  const storage = described.kind === "partitioned table" ? await onlyPartition(client, entry) : entry;
  return {
    place: entry,
    from: `${quoteTable(keyed || storage === undefined ? entry : storage)} AS t`,
    columns,
    key: keyed ? key : entry.definition.key,
    ties: keyed ? keyTies(columns, key) : placeTies(storage === undefined),
    latestFirst: false,
    where: undefined,
  };
}

/** The latest removal of each key that the table does not hold. */
async function removedRows(client: Queryable, entries: readonly StoredEntry[]): Promise<Relation> {
  const [entry] = entries as [StoredEntry];
  const place = { namespace: entry.namespace, name: historyName(entry.name) };
  const described = entry.mode === "merge" ? await introspect(client, place) : undefined;
  if (described === undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      entry.mode === "merge"
        ? `table "${entry.name}" has no history yet: no row of it was changed or removed`
        : `table "${entry.name}" is written in mode ${entry.mode}, which keeps no removed rows`,
    );
  }
  const same = (alias: string): string =>
    entry.definition.key
      .map((name) => `${alias}.${quoteIdentifier(name)} = t.${quoteIdentifier(name)}`)
      .join(" AND ");
  return {
    place,
    from: `${quoteTable(place)} AS t`,
    columns: described.columns.filter(({ name }) => !HIDDEN.has(name)),
    key: entry.definition.key,
    ties: [{ sql: "t._version", sqlType: "bigint" }],
    latestFirst: true,
    where: `t._operation = 'remove' AND NOT EXISTS (SELECT FROM ${quoteTable(entry)} AS live WHERE ${same("live")})
      AND NOT EXISTS (SELECT FROM ${quoteTable(place)} AS later WHERE ${same("later")} AND later._version > t._version)`,
  };
}

async function refusedRows(
  client: Queryable,
  entries: readonly StoredEntry[],
): Promise<Relation | undefined> {
  const [entry] = entries as [StoredEntry];
  const place = {
    namespace: entry.namespace,
    name: suffixIdentifier(entry.name, "__quarantine", IDENTIFIER_BYTES),
  };
  const described = await introspect(client, place);
  if (described === undefined) return undefined;
  return {
    place,
    from: `${quoteTable(place)} AS t`,
    columns: described.columns.filter(({ name }) => name !== "origin"),
    key: [],
    ties: placeTies(false),
    // The engine's ids rise with time.
    ...(described.columns.some(({ name: column }) => column === "id") ? { first: "id" } : {}),
    latestFirst: false,
    where: undefined,
  };
}

function keyTies(columns: readonly ColumnDescription[], key: readonly string[]): readonly Tie[] {
  return key.map((name) => ({
    sql: `t.${quoteIdentifier(name)}`,
    sqlType: columns.find((column) => column.name === name)?.sqlType ?? "text",
  }));
}

/** Where rows are stored: the server goes to a place at once. */
function placeTies(several: boolean): readonly Tie[] {
  const place = { sql: "t.ctid", sqlType: "tid" };
  return several ? [{ sql: "t.tableoid", sqlType: "oid" }, place] : [place];
}

const PARTITIONS = `
SELECT n.nspname AS namespace, c.relname AS name
FROM pg_catalog.pg_partition_tree($1::regclass) AS part
JOIN pg_catalog.pg_class AS c ON c.oid = part.relid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE part.isleaf LIMIT 2`;

/** Tables that are replaced as a whole have one partition at a time. */
async function onlyPartition(client: Queryable, table: QualifiedName): Promise<QualifiedName | undefined> {
  const { rows } = await client.query<QualifiedName>(PARTITIONS, [quoteTable(table)]);
  return rows.length === 1 ? rows[0] : undefined;
}
