import type { FieldDifference } from "../../destination.ts";
import type { Row } from "../../row.ts";
import type { TableDefinition } from "../../schema/table.ts";
import { changedColumns, textOf } from "./values.ts";

/** A change of a row as a dry run tells it: the fields that differ, as text. */
export function difference(change: {
  readonly table: TableDefinition;
  readonly operation: FieldDifference["operation"];
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}): FieldDifference {
  const { table, operation, before = {}, after = {} } = change;
  const fields = changedColumns(table, before, after).map((column) => [
    column,
    { before: textOf(table, before, column), after: textOf(table, after, column) },
  ]);
  const row = change.after ?? before;
  const key = Object.fromEntries(table.key.map((name) => [name, row[name]]));
  return { table: table.name, key, operation, fields: Object.fromEntries(fields) };
}
