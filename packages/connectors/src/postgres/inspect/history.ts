import {
  MillraceError,
  type ColumnDefinition,
  type ColumnType,
  type Json,
  type Row,
  type RowVersion,
} from "@millrace/core";
import type { ClientBase } from "pg";
import { columnList } from "../ddl/create-table.ts";
import { introspect } from "../ddl/introspect.ts";
import { historyName } from "../ddl/names.ts";
import { sqlType } from "../ddl/sql-type.ts";
import { quoteIdentifier, quoteLiteral, quoteTable } from "../quote.ts";
import type { DecodedColumn } from "../codec/copy-decoder.ts";
import { jsonValue } from "./json-value.ts";
import { readAllRows } from "./read-rows.ts";
import { findStoredTable, type StoredTable } from "./stored-table.ts";

const TEXT: ColumnType = { kind: "text" };
const TIME: ColumnType = { kind: "timestamptz" };
const UUID: ColumnType = { kind: "uuid" };

/** Fields of a version besides the user's columns; no column can have a name with NUL, so these are free. */
const RUN: DecodedColumn = { name: "\0run", type: UUID };
const FROM: DecodedColumn = { name: "\0from", type: TIME };
const TO: DecodedColumn = { name: "\0to", type: TIME };
const OPERATION: DecodedColumn = { name: "\0operation", type: TEXT };
const CHANGED: DecodedColumn = { name: "\0changed", type: { kind: "array", of: { kind: "text" } } };

/**
 * Every version of the row with this key, newest first. Fails as `findStoredTable`, and with MLR_ARGUMENT_INVALID where
 * `key` does not name exactly the columns of the table's key, or a value is none of its column.
 */
export async function rowHistory(
  client: ClientBase,
  name: string,
  key: Readonly<Record<string, string>>,
): Promise<readonly RowVersion[]> {
  const table = await findStoredTable(client, name);
  const condition = await keyCondition(client, table, key);
  const current = await readAllRows(client, currentQuery(table, condition), [
    ...table.columns,
    ...currentFields(table),
  ]);
  const history = { namespace: table.namespace, name: historyName(table.name) };
  const kept = table.mode === "merge" ? await introspect(client, history) : undefined;
  if (kept === undefined) return current.map((row) => version(table, row));
  const there = table.columns.filter((column) =>
    kept.columns.some(({ name: other }) => other === column.name),
  );
  const old = await readAllRows(
    client,
    `SELECT ${columnList([...there.map((column) => column.name), "_run_id", "_loaded_at", "_archived_at", "_operation", "_changed"])}
     FROM ${quoteTable(history)} WHERE ${condition} ORDER BY _version DESC`,
    [...there, RUN, FROM, TO, OPERATION, CHANGED],
  );
  return [...current, ...old].map((row) => version(table, row));
}

function currentQuery(table: StoredTable, condition: string): string {
  const fields = currentFields(table).length === 0 ? [] : ["_run_id", "_loaded_at"];
  const names = columnList([...table.columns.map((column) => column.name), ...fields]);
  return `SELECT ${names} FROM ${quoteTable(table)} WHERE ${condition}`;
}

/** Tables that are appended to or upserted into have the user's columns alone. */
function currentFields(table: StoredTable): readonly DecodedColumn[] {
  return table.mode === "append" || table.mode === "upsert" ? [] : [RUN, FROM];
}

function version(table: StoredTable, row: Row): RowVersion {
  const operation = row[OPERATION.name] as "update" | "remove" | undefined;
  return {
    operation: operation ?? "current",
    changed: (row[CHANGED.name] ?? []) as string[],
    run: (row[RUN.name] ?? null) as string | null,
    from: jsonValue(TIME, row[FROM.name]) as string | null,
    to: jsonValue(TIME, row[TO.name]) as string | null,
    values: Object.fromEntries(
      table.columns.map((column): [string, Json] => [column.name, jsonValue(column.type, row[column.name])]),
    ),
  };
}

async function keyCondition(
  client: ClientBase,
  table: StoredTable,
  key: Readonly<Record<string, string>>,
): Promise<string> {
  const names = Object.keys(key);
  if (table.key.length === 0) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `table "${table.name}" has no key to find a row by`);
  }
  if (names.length !== table.key.length || !table.key.every((name) => Object.hasOwn(key, name))) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `the key of table "${table.name}" is ${table.key.join(", ")}, not ${names.join(", ")}`,
      {
        hint: `Give a value for each: ${table.key.map((name) => `--key ${name}=…`).join(" ")}.`,
      },
    );
  }
  const conditions: string[] = [];
  for (const column of table.columns.filter(({ name }) => table.key.includes(name))) {
    conditions.push(
      `${quoteIdentifier(column.name)} = ${await keyLiteral(client, column, key[column.name] as string)}`,
    );
  }
  return conditions.join(" AND ");
}

/** Asks the server whether the text is a value of the type, so that a mistyped key is told from a failure. */
async function keyLiteral(client: ClientBase, column: ColumnDefinition, value: string): Promise<string> {
  const literal = `${quoteLiteral(value)}::${sqlType(column.type)}`;
  try {
    await client.query(`SELECT ${literal}`);
    return literal;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!code.startsWith("22")) throw error;
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `"${value}" is no ${sqlType(column.type)}, which column "${column.name}" is`,
      {
        cause: error,
      },
    );
  }
}
