import type { ColumnDefinition, TableDefinition } from "@millrace/core";
import { quoteIdentifier, quoteTable, type QualifiedName } from "../quote.ts";
import { HISTORY_COLUMNS, metadataColumns } from "./metadata-columns.ts";
import { historyIndexName, historyName, primaryKeyName, snapshotIndexName } from "./names.ts";
import { sqlType } from "./sql-type.ts";

/** A definition whose database schema is known. */
export type PlacedTable = TableDefinition & QualifiedName;

export interface CreateTableOptions {
  /** Columns of the primary key. Default: the key (snapshot: `_snapshot` before it); none for append and where there is no key. */
  readonly primaryKey?: readonly string[];
  /** Further column clauses, as SQL. */
  readonly extra?: readonly string[];
  /** What stands behind `PARTITION BY`, as SQL. */
  readonly partitionBy?: string;
}

/** The statement that creates a table with the user's columns and those of its write mode. */
export function createTable(table: PlacedTable, options: CreateTableOptions = {}): string {
  const key = options.primaryKey ?? defaultPrimaryKey(table);
  const clauses = [
    ...table.columns.map((column) => columnClause(column, table.key)),
    ...metadataColumns(table).map((column) => `${quoteIdentifier(column.name)} ${column.sqlType} NOT NULL`),
    ...(options.extra ?? []),
  ];
  if (key.length > 0) {
    clauses.push(
      `CONSTRAINT ${quoteIdentifier(primaryKeyName(table.name))} PRIMARY KEY (${columnList(key)})`,
    );
  }
  // Refused rows have no key of their own, and are found by the one that the engine gives them.
  if (table.internal === true && table.columns.some(({ name }) => name === "id")) clauses.push("UNIQUE (id)");
  const partitions = options.partitionBy === undefined ? "" : ` PARTITION BY ${options.partitionBy}`;
  return `CREATE TABLE ${quoteTable(table)} (\n  ${clauses.join(",\n  ")}\n)${partitions}`;
}

/** The statements that create `<table>__history`: the table and its index by key. Only for tables that are merged. */
export function createHistory(table: PlacedTable): readonly string[] {
  const history = { namespace: table.namespace, name: historyName(table.name) };
  const clauses = [
    ...table.columns.map((column) => columnClause(column, [])),
    ...[...metadataColumns(table), ...HISTORY_COLUMNS].map(
      (column) => `${quoteIdentifier(column.name)} ${column.sqlType}`,
    ),
  ];
  const indexed = [...table.key, "_version"];
  return [
    `CREATE TABLE ${quoteTable(history)} (\n  ${clauses.join(",\n  ")}\n)`,
    `CREATE INDEX ${quoteIdentifier(historyIndexName(table.name))} ON ${quoteTable(history)} (${columnList(indexed)})`,
  ];
}

/** The statement that makes snapshots quick to find in a table without a key, whose primary key would do that. */
export function createSnapshotIndex(table: PlacedTable): string {
  return `CREATE INDEX ${quoteIdentifier(snapshotIndexName(table.name))} ON ${quoteTable(table)} (_snapshot)`;
}

/** Quoted names with commas between them. */
export function columnList(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(", ");
}

function columnClause(column: ColumnDefinition, key: readonly string[]): string {
  const required = column.nullable === false || key.includes(column.name);
  return `${quoteIdentifier(column.name)} ${sqlType(column.type)}${required ? " NOT NULL" : ""}`;
}

function defaultPrimaryKey(table: PlacedTable): readonly string[] {
  if (table.internal === true || table.key.length === 0) return [];
  if (table.mode === "append") return [];
  // Snapshots are looked for, replaced and deleted as a whole.
  return table.mode === "snapshot" ? ["_snapshot", ...table.key] : table.key;
}
