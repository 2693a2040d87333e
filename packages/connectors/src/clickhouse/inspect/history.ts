import {
  compileStore,
  formatColumnType,
  MillraceError,
  MISFIT,
  type Json,
  type Row,
  type RowVersion,
  type TableDefinition,
} from "@millrace/core";
import { condition } from "../codec/literal.ts";
import { ADDED, type TableLayout } from "../define/layout.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quote } from "../server/quote.ts";
import { findTable, liveRows } from "./find-table.ts";
import { jsonValue } from "./json-value.ts";
import { readRows } from "./read-rows.ts";

/** Every version of the row with this key, newest first. */
export async function rowHistory(
  server: ClickHouseServer,
  name: string,
  key: Readonly<Record<string, string>>,
): Promise<readonly RowVersion[]> {
  const table = await findTable(server, name);
  const where = keyCondition(server, table.definition, key);
  const versions: RowVersion[] = [];
  for await (const rows of readRows(server, currentColumns(table), `${liveRows(table)} AND ${where}`))
    versions.push(...rows.map((row) => version(table.definition, row)));
  if (table.history === undefined) return versions;
  const { database, name: history, columns } = table.history;
  const from = `FROM ${quote(database, history)} WHERE ${where} ORDER BY _version DESC`;
  for await (const rows of readRows(server, columns, from))
    versions.push(...rows.map((row) => version(table.definition, row)));
  return versions;
}

function currentColumns({ definition, main }: TableLayout): TableLayout["main"]["columns"] {
  const shown = [ADDED.run.name, ADDED.loaded.name];
  return [...definition.columns, ...main.columns.filter(({ name }) => shown.includes(name))];
}

function version(definition: TableDefinition, row: Row): RowVersion {
  const text = (column: (typeof ADDED)[keyof typeof ADDED]): string | null =>
    jsonValue(column.type, row[column.name]) as string | null;
  return {
    operation: (text(ADDED.operation) as "update" | "remove" | null) ?? "current",
    changed: (row["_changed"] ?? []) as string[],
    run: text(ADDED.run),
    from: text(ADDED.loaded),
    to: text(ADDED.archivedAt),
    values: Object.fromEntries(
      definition.columns.map(({ name, type }): [string, Json] => [name, jsonValue(type, row[name])]),
    ),
  };
}

function keyCondition(
  { features }: ClickHouseServer,
  { name, key: own, columns }: TableDefinition,
  key: Readonly<Record<string, string>>,
): string {
  if (own.length === 0)
    throw new MillraceError("MLR_ARGUMENT_INVALID", `table "${name}" has no key to find a row by`);
  const given = Object.keys(key);
  if (given.length !== own.length || !own.every((each) => Object.hasOwn(key, each))) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `the key of table "${name}" is ${own.join(", ")}, not ${given.join(", ")}`,
      {
        hint: `Give a value for each: ${own.map((each) => `--key ${each}=…`).join(" ")}.`,
      },
    );
  }
  const values: Row = {};
  for (const column of columns.filter((each) => own.includes(each.name))) {
    const text = key[column.name] as string;
    const value = compileStore(column.type, { declared: true, untyped: true })(text);
    if (value === MISFIT) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `"${text}" is no ${formatColumnType(column.type)}, which column "${column.name}" is`,
      );
    }
    values[column.name] = value;
  }
  return condition(values, columns, features);
}
