import { newColumn, type TableColumn } from "../columns/table-column.ts";
import type { NewColumn } from "../new-table.ts";
import type { RelationalDialect } from "../relational-dialect.ts";
import { historyOf, suffixed } from "./placed-table.ts";
import type { TableLayout } from "./table-layout.ts";

/** The statements that create a table with the user's columns and those of its write mode. */
export function createTable(dialect: RelationalDialect, layout: TableLayout): readonly string[] {
  const { table, columns, metadata, target } = layout;
  return dialect.createTable({
    reference: target,
    columns: [...columns, ...metadata].map((column) => newColumn(dialect, column)),
    primaryKey: primaryKey(layout),
    primaryKeyName: suffixed(dialect, table.name, "_pkey"),
    indexes: [],
    temporary: false,
  });
}

/** The statements that create `<table>__history`, with an index by key. */
export function createHistory(dialect: RelationalDialect, layout: TableLayout): readonly string[] {
  const { table, columns, metadata, historical, history } = layout;
  const optional = [...columns, ...metadata].map((column) => ({ ...column, required: false }));
  const { name } = historyOf(dialect, table);
  return dialect.createTable({
    reference: history,
    columns: [
      ...[...optional, ...historical].map((column) => newColumn(dialect, column)),
      versionColumn(dialect),
    ],
    primaryKey: ["_version"],
    primaryKeyName: suffixed(dialect, name, "_pkey"),
    indexes: [{ name: suffixed(dialect, table.name, "__history_key_idx"), columns: table.key }],
    temporary: false,
  });
}

/** Column `_version` of a history, by which its rows are in order. */
export const VERSION_COLUMN: TableColumn = {
  name: "_version",
  type: { kind: "bigint" },
  form: "native",
  place: { keyColumns: 1 },
  required: true,
};

function versionColumn(dialect: RelationalDialect): NewColumn {
  return { ...newColumn(dialect, VERSION_COLUMN), identity: true };
}

/** Columns that identify a live row; none where there is no such thing. */
function primaryKey({ table }: TableLayout): readonly string[] {
  if (table.internal === true || table.key.length === 0) return [];
  // In `replace` and `append` a key says which rows are duplicates within a reading.
  if (table.mode === "append" || table.mode === "replace") return [];
  return table.mode === "snapshot" ? [...table.key, "_snapshot"] : table.key;
}
