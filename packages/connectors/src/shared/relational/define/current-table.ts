import type { TableDefinition } from "@millrace/core";
import type { TableColumn } from "../columns/table-column.ts";
import { readMark } from "../columns/mark.ts";
import type { QualifiedName } from "../qualified-name.ts";
import { describeTable } from "../session/describe-table.ts";
import type { Link } from "../session/link.ts";
import { ownersOf, type OwnerRow } from "../state/owners.ts";
import type { StateTables } from "../state/state-tables.ts";
import type { TableDescription } from "../table-description.ts";
import { placeOf } from "./column-place.ts";
import { historyOf } from "./placed-table.ts";

/** A table as it is now: in the database, and in Millrace's records. */
export interface CurrentTable {
  readonly description: TableDescription | undefined;
  readonly history: TableDescription | undefined;
  readonly owners: readonly OwnerRow[];
}

/** Reads what there is of a table. @param state undefined where Millrace has no tables of its own here. */
export async function currentTable(
  link: Link,
  name: QualifiedName,
  state: StateTables | undefined,
): Promise<CurrentTable> {
  const { dialect } = link;
  const description = await describeTable(link, name);
  const history = description === undefined ? undefined : await describeTable(link, historyOf(dialect, name));
  const owners = state === undefined ? [] : await ownersOf(link, state, name);
  return { description, history, owners };
}

/** The columns that the table has of types that Millrace writes. */
export function presentColumns(
  current: CurrentTable,
  table: Pick<TableDefinition, "mode" | "key" | "parentKey" | "internal">,
  hidden: readonly string[],
): TableColumn[] {
  const unordered = new Set(
    current.owners.flatMap(({ definition }) =>
      definition.columns.filter((column) => column.unordered === true).map(({ name }) => name),
    ),
  );
  return describedColumns(current.description, table)
    .filter(({ name }) => !hidden.includes(name))
    .map((column) => (unordered.has(column.name) ? { ...column, unordered: true } : column));
}

/** The columns of a description that Millrace can write. */
export function describedColumns(
  description: TableDescription | undefined,
  table: Pick<TableDefinition, "mode" | "key" | "parentKey" | "internal">,
): TableColumn[] {
  return (description?.columns ?? []).flatMap((column) => {
    const kept = column.generated ? undefined : readMark(column);
    if (kept === undefined) return [];
    return [{ name: column.name, ...kept, place: placeOf(table, column.name), required: !column.nullable }];
  });
}
