import type { TableColumn } from "../columns/table-column.ts";
import type { RelationalDialect } from "../relational-dialect.ts";
import { historyColumns, metadataColumns } from "./metadata-columns.ts";
import { historyOf, type PlacedTable } from "./placed-table.ts";

/** A table as it is written: its definition, and how each of its columns is kept. */
export interface TableLayout {
  readonly table: PlacedTable;
  /** The user's columns, in the order of the definition's. */
  readonly columns: readonly TableColumn[];
  /** Those of the write mode, behind the user's. */
  readonly metadata: readonly TableColumn[];
  /** Those of the history behind all of these. */
  readonly historical: readonly TableColumn[];
  /** In statements. */
  readonly target: string;
  readonly history: string;
}

/** The layout of a table. @param columns the user's, as they are kept. */
export function layoutOf(
  dialect: RelationalDialect,
  table: PlacedTable,
  columns: readonly TableColumn[],
): TableLayout {
  return {
    table,
    columns,
    metadata: metadataColumns(dialect, table),
    historical: historyColumns(dialect),
    target: dialect.table(table),
    history: dialect.table(historyOf(dialect, table)),
  };
}

/** The columns of the key, as they are kept, in the key's order. */
export function keyColumns(
  { table, columns }: TableLayout,
  key: readonly string[] = table.key,
): TableColumn[] {
  return key.flatMap((name) => columns.find((column) => column.name === name) ?? []);
}
