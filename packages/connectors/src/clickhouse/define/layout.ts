import {
  limitIdentifier,
  snapshotColumnType,
  suffixIdentifier,
  type ColumnDefinition,
  type ScalarKind,
  type TableDefinition,
} from "@millrace/core";
import { sqlColumns } from "../codec/row-codec.ts";
import type { TableExtras } from "../options.ts";
import { quote } from "../server/quote.ts";
import type { ServerFeatures } from "../server/server-features.ts";
import { rowsTable } from "../state/names.ts";

/** Longest identifier in bytes: ClickHouse makes file names of them, in which a byte may take three characters. */
export const MAX_IDENTIFIER = 63;

/** A table of ClickHouse: its columns in their order, and how it is kept. */
export interface PhysicalTable {
  readonly database: string;
  readonly name: string;
  readonly columns: readonly ColumnDefinition[];
  /** ENGINE … PARTITION BY … ORDER BY …; the same for every table that shares parts with it. */
  readonly engine: string;
  readonly lowCardinality: ReadonlySet<string>;
}

/** All that a table of a pipeline consists of. */
export interface TableLayout {
  readonly definition: TableDefinition;
  readonly database: string;
  /** Where the rows are. */
  readonly main: PhysicalTable;
  /** merge: where old versions go. */
  readonly history?: PhysicalTable;
  /** upsert and merge: the view of the live rows that has the table's name. */
  readonly view?: { readonly database: string; readonly name: string; readonly columns: readonly string[] };
}

/** Columns that the destination adds. */
export const ADDED = {
  hash: added("_row_hash", "bytea"),
  run: added("_run_id", "uuid"),
  loaded: added("_loaded_at", "timestamptz"),
  version: added("_version", "bigint"),
  removed: added("_removed", "smallint"),
  batch: added("_batch", "bigint"),
  operation: added("_operation", "text"),
  archivedAt: added("_archived_at", "timestamptz"),
  archivedRun: added("_archived_run", "uuid"),
} as const;

const CHANGED: ColumnDefinition = {
  name: "_changed",
  type: { kind: "array", of: { kind: "text" } },
  nullable: false,
};

/** Numbers of Millrace's own; ReplacingMergeTree takes none with a sign for its version. */
const UNSIGNED: ReadonlySet<string> = new Set(["_version", "_batch", "_ordinal", "_sequence", "_group"]);

/** What a table of this definition looks like in ClickHouse. */
export function layoutOf(
  definition: TableDefinition,
  {
    database,
    features,
    extras = {},
  }: { database: string; features: ServerFeatures; extras?: TableExtras | undefined },
): TableLayout {
  const { mode, name, columns, key } = definition;
  const lowCardinality = new Set(extras.lowCardinality ?? []);
  const table = (own: {
    name: string;
    columns: readonly ColumnDefinition[];
    engine: string;
  }): PhysicalTable => ({
    ...own,
    database,
    lowCardinality,
  });
  const order = orderBy(key);
  if (mode === "upsert" || mode === "merge") {
    const shown = mode === "merge" ? [ADDED.hash, ADDED.run, ADDED.loaded] : [];
    const main = table({
      name: suffixed(rowsTable(name), name, "__rows"),
      columns: [...columns, ...shown, ADDED.version, ADDED.removed, ADDED.batch],
      engine: `ReplacingMergeTree(_version) ${order}`,
    });
    const view = { database, name, columns: [...columns, ...shown].map((column) => column.name) };
    if (mode === "upsert") return { definition, database, main, view };
    return { definition, database, main, view, history: table(historyOf(definition, order)) };
  }
  const run = mode === "append" ? [] : [ADDED.run, ADDED.loaded];
  const snapshot = mode === "snapshot" ? [snapshotColumn(definition)] : [];
  const partition = mode === "snapshot" ? `PARTITION BY ${snapshotNumber(definition, features)} ` : "";
  const main = {
    name,
    columns: [...columns, ...run, ...snapshot, ADDED.batch],
    engine: `MergeTree ${partition}${order}`,
  };
  return { definition, database, main: table(main) };
}

/** CREATE TABLE of a table, or of one like it under another name. */
export function createTableSql(
  table: PhysicalTable,
  features: ServerFeatures,
  as: { readonly database: string; readonly name: string } = table,
): string {
  const columns = physicalColumns(table, features).map(({ name, sql }) => `  ${quote(name)} ${sql}`);
  return `CREATE TABLE IF NOT EXISTS ${quote(as.database, as.name)} (\n${columns.join(",\n")}\n)\nENGINE = ${table.engine}${deduplication(features)}`;
}

/** The columns with their types in ClickHouse. */
export function physicalColumns(
  { columns, lowCardinality }: Pick<PhysicalTable, "columns" | "lowCardinality">,
  features: ServerFeatures,
): readonly { readonly name: string; readonly sql: string }[] {
  return sqlColumns(columns, features, lowCardinality).map(({ name, sql }) => ({
    name,
    sql: UNSIGNED.has(name) ? "UInt64" : sql,
  }));
}

/** CREATE VIEW of the live rows. */
export function createViewSql(
  view: NonNullable<TableLayout["view"]>,
  main: { readonly database: string; readonly name: string },
  as: { readonly database: string; readonly name: string } = view,
): string {
  const list = view.columns.map((name) => quote(name)).join(", ");
  return `CREATE VIEW ${quote(as.database, as.name)} AS SELECT ${list} FROM ${quote(main.database, main.name)} FINAL WHERE _removed = 0`;
}

/** A column of the snapshot's scope. */
export function snapshotColumn({ snapshot }: TableDefinition): ColumnDefinition {
  const kind = snapshot === undefined ? "date" : snapshotColumnType(snapshot);
  return added("_snapshot", kind);
}

/** The scope of a snapshot as an integer: what the table is partitioned by, whatever type the column has. */
export function snapshotNumber(definition: TableDefinition, features: ServerFeatures): string {
  if (snapshotColumn(definition).type.kind === "date")
    return features.date32 ? "toInt32(_snapshot)" : "_snapshot";
  return features.dateTime64 ? "toUnixTimestamp64Micro(_snapshot)" : "_snapshot";
}

/** ORDER BY of the key, or of nothing. */
export function orderBy(key: readonly string[]): string {
  return key.length === 0 ? "ORDER BY tuple()" : `ORDER BY (${key.map((name) => quote(name)).join(", ")})`;
}

/** Blocks that are sent again after a lost connection are known by their token, also without replication. */
function deduplication({ deduplicationToken }: ServerFeatures): string {
  return deduplicationToken ? " SETTINGS non_replicated_deduplication_window = 1000" : "";
}

function historyOf(
  { columns, name }: TableDefinition,
  order: string,
): {
  name: string;
  columns: readonly ColumnDefinition[];
  engine: string;
} {
  const own = [
    ADDED.hash,
    ADDED.run,
    ADDED.loaded,
    ADDED.version,
    ADDED.operation,
    CHANGED,
    ADDED.archivedAt,
  ];
  const inner = order.slice("ORDER BY (".length, -1);
  return {
    name: suffixed(`${name}__history`, name, "__history"),
    columns: [...columns, ...own, ADDED.archivedRun, ADDED.batch],
    engine: `MergeTree ORDER BY (${inner}, _version)`,
  };
}

function suffixed(wanted: string, name: string, suffix: string): string {
  return limitIdentifier(wanted, MAX_IDENTIFIER) === wanted
    ? wanted
    : suffixIdentifier(name, suffix, MAX_IDENTIFIER);
}

function added(name: string, kind: ScalarKind): ColumnDefinition {
  return { name, type: { kind }, nullable: false };
}
