import { snapshotColumnType, type ColumnDefinition, type TableDefinition } from "@millrace/core";
import { tableColumn, type TableColumn } from "../columns/table-column.ts";
import type { RelationalDialect } from "../relational-dialect.ts";

/** Bytes of a row hash. */
const HASH_BYTES = 32;

const ROW_HASH: ColumnDefinition = { name: "_row_hash", type: { kind: "bytea" } };
const RUN_ID: ColumnDefinition = { name: "_run_id", type: { kind: "uuid" } };
const LOADED_AT: ColumnDefinition = { name: "_loaded_at", type: { kind: "timestamptz" } };

/** Names that columns of Millrace's own have, whatever the mode. */
export const OWN_COLUMNS: readonly string[] = ["_row_hash", "_run_id", "_loaded_at", "_snapshot"];

/** The columns, never null, that a table has behind the user's own: by write mode. */
export function metadataColumns(
  dialect: RelationalDialect,
  definition: Pick<TableDefinition, "mode" | "snapshot" | "internal" | "key">,
): readonly TableColumn[] {
  if (definition.internal === true) return [];
  const required = (column: ColumnDefinition): TableColumn =>
    tableColumn(dialect, column, { required: true });
  switch (definition.mode) {
    case "append":
    case "upsert":
      return [];
    case "merge":
      return [hashColumn(dialect), required(RUN_ID), required(LOADED_AT)];
    case "replace":
      return [required(RUN_ID), required(LOADED_AT)];
    case "snapshot":
      return [required(RUN_ID), required(LOADED_AT), snapshotColumn(dialect, definition)];
  }
}

/** Column `_row_hash`. */
export function hashColumn(dialect: RelationalDialect): TableColumn {
  return tableColumn(dialect, ROW_HASH, { place: { keyColumns: 0, bytes: HASH_BYTES }, required: true });
}

/** Column `_snapshot`: where a period begins. */
export function snapshotColumn(
  dialect: RelationalDialect,
  definition: Pick<TableDefinition, "snapshot" | "key">,
): TableColumn {
  const { snapshot = { every: "day", timeZone: "UTC" } } = definition;
  const column: ColumnDefinition = { name: "_snapshot", type: { kind: snapshotColumnType(snapshot) } };
  return tableColumn(dialect, column, {
    place: { keyColumns: definition.key.length + 1 },
    required: true,
  });
}

/** The columns that a history table has behind those of its table; its number `_version` besides. */
export function historyColumns(dialect: RelationalDialect): readonly TableColumn[] {
  const columns: readonly (ColumnDefinition & { readonly nullable: boolean })[] = [
    { name: "_operation", type: { kind: "text" }, nullable: false },
    { name: "_changed", type: { kind: "array", of: { kind: "text" } }, nullable: false },
    { name: "_archived_at", type: { kind: "timestamptz" }, nullable: false },
    { name: "_archived_run", type: { kind: "uuid" }, nullable: true },
  ];
  return columns.map((column) => tableColumn(dialect, column));
}
