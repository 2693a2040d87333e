import {
  compileStore,
  formatColumnType,
  MillraceError,
  MISFIT,
  type Json,
  type Row,
  type RowVersion,
} from "@millrace/core";
import { compileRowReader } from "../columns/row-codec.ts";
import type { TableColumn } from "../columns/table-column.ts";
import { describeTable } from "../session/describe-table.ts";
import { historyOf } from "../define/placed-table.ts";
import { keyColumns, type TableLayout } from "../define/table-layout.ts";
import type { Link } from "../session/link.ts";
import { TableSql } from "../sql/table-sql.ts";
import type { StateTables } from "../state/state-tables.ts";
import { jsonValue } from "./json-value.ts";
import { findStoredTable } from "./stored-table.ts";

/**
 * Every version of the row with this key, newest first. Fails as `findStoredTable`, and with MLR_ARGUMENT_INVALID where
 * `key` does not name exactly the columns of the table's key, or a value is none of its column.
 */
export async function rowHistory(
  link: Link,
  state: StateTables | undefined,
  of: { readonly table: string; readonly key: Readonly<Record<string, string>> },
): Promise<readonly RowVersion[]> {
  const layout = await findStoredTable(link, state, of.table);
  const where = keyCondition(link, layout, of.key);
  const what = `reading the history of table "${of.table}"`;
  const current = await readRows(link, what, {
    columns: [...layout.columns, ...layout.metadata],
    rest: `FROM ${layout.target} t WHERE ${where}`,
  });
  const history = await describeTable(link, historyOf(link.dialect, layout.table));
  if (layout.table.mode !== "merge" || history === undefined)
    return current.map((row) => version(layout, row));
  const there = new Set(history.columns.map(({ name }) => name));
  const old = await readRows(link, what, {
    columns: [...layout.columns, ...layout.metadata, ...layout.historical].filter(({ name }) =>
      there.has(name),
    ),
    rest: `FROM ${layout.history} t WHERE ${where} ORDER BY t.${link.dialect.quote("_version")} DESC`,
  });
  return [...current, ...old].map((row) => version(layout, row));
}

async function readRows(
  link: Link,
  what: string,
  { columns, rest }: { readonly columns: readonly TableColumn[]; readonly rest: string },
): Promise<Row[]> {
  const reader = compileRowReader(link.dialect, columns);
  const rows = await link.query(what, `SELECT ${reader.select("t")} ${rest}`);
  return rows.map((row) => reader.read(row));
}

function version({ columns }: TableLayout, row: Row): RowVersion {
  const operation = row["_operation"] as "update" | "remove" | undefined;
  return {
    operation: operation ?? "current",
    changed: (row["_changed"] ?? []) as string[],
    run: (row["_run_id"] ?? null) as string | null,
    from: jsonValue({ kind: "timestamptz" }, row["_loaded_at"]) as string | null,
    to: jsonValue({ kind: "timestamptz" }, row["_archived_at"]) as string | null,
    values: Object.fromEntries(
      columns.map(({ name, type }): [string, Json] => [name, jsonValue(type, row[name])]),
    ),
  };
}

function keyCondition(link: Link, layout: TableLayout, key: Readonly<Record<string, string>>): string {
  const { table } = layout;
  const names = Object.keys(key);
  if (table.key.length === 0) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `table "${table.name}" has no key to find a row by`);
  }
  if (names.length !== table.key.length || !table.key.every((name) => Object.hasOwn(key, name))) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `the key of table "${table.name}" is ${table.key.join(", ")}, not ${names.join(", ")}`,
      { hint: `Give a value for each: ${table.key.map((name) => `--key ${name}=…`).join(" ")}.` },
    );
  }
  const wanted = keyColumns(layout).map((column): [string, unknown] => {
    const text = key[column.name] ?? "";
    const value = compileStore(column.type, { declared: true, untyped: true })(text);
    if (value !== MISFIT && value !== null) return [column.name, value];
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `"${text}" is no ${formatColumnType(column.type)}, which column "${column.name}" is`,
    );
  });
  // Rows of other pipelines that share the table may be asked for as well.
  const { discriminator: _own, ...shared } = table;
  const sql = new TableSql(link.dialect, { ...layout, table: shared });
  return sql.within("t", Object.fromEntries(wanted));
}
