import {
  MillraceError,
  type ColumnDefinition,
  type DatabaseDialect,
  type PlannedTable,
} from "@millrace/core";
import { columnSql } from "../codec/column-form.ts";
import { MAX_IDENTIFIER, orderBy } from "../define/layout.ts";
import type { ServerFeatures } from "../server/server-features.ts";
import { quoteName } from "./quote-name.ts";

/** What portable SQL is made with. Indexes are left out: a MergeTree is ordered by its key, and has none of that kind. */
export function clickhouseDialect(features: ServerFeatures): DatabaseDialect {
  return {
    kind: "clickhouse",
    identifiers: { maxBytes: MAX_IDENTIFIER },
    placeholder: (number) => `{p${number}}`,
    limit: (rows) => `LIMIT ${rows}`,
    createTable: (table) => [createTable(table, features)],
  };
}

function createTable(table: PlannedTable, features: ServerFeatures): string {
  const { identity, unique, foreignKeys, primaryKey, columns, namespace, name } = table;
  if (identity !== undefined) throw unsupported(name, "surrogate keys", "Give the rows a key of their own.");
  if (unique.length > 0)
    throw unsupported(name, "unique columns", "Use mode upsert or merge, which keep one row per key.");
  if (foreignKeys.length > 0) throw unsupported(name, "foreign keys", "Leave them out for this database.");
  const key = primaryKey?.columns ?? [];
  const list = columns.map(
    (column) => `${quoteName(column.name)} ${columnSql(notNull(column, key), features)}`,
  );
  const full = namespace === undefined ? quoteName(name) : quoteName(namespace, name);
  return `CREATE TABLE IF NOT EXISTS ${full} (${list.join(", ")}) ENGINE = MergeTree ${orderBy(key)}`;
}

/** ClickHouse orders a table by columns without null alone. */
function notNull(column: ColumnDefinition, key: readonly string[]): ColumnDefinition {
  return key.includes(column.name) ? { ...column, nullable: false } : column;
}

function unsupported(table: string, what: string, hint: string): MillraceError {
  return new MillraceError("MLR_DATABASE_UNSUPPORTED", `table "${table}": ClickHouse has no ${what}`, {
    hint,
  });
}
