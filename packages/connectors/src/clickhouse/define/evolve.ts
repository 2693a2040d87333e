import {
  formatColumnType,
  joinTypes,
  MillraceError,
  sameType,
  type ColumnDefinition,
  type SchemaChange,
  type TableDefinition,
} from "@millrace/core";
import { columnSql } from "../codec/column-form.ts";
import { quote } from "../server/quote.ts";
import type { ServerFeatures } from "../server/server-features.ts";

/** What `define` changes. */
export interface Evolution {
  readonly definition: TableDefinition;
  readonly changes: readonly SchemaChange[];
  /** Columns that the table has in another type. */
  readonly widened: boolean;
}

/** Compares the table that is wanted with what there is. Fails with MLR_SCHEMA_MISMATCH where they cannot be one table. */
export function evolve(
  wanted: TableDefinition,
  before: TableDefinition,
  features: ServerFeatures,
): Evolution {
  checkShape(wanted, before);
  const changes: SchemaChange[] = [];
  const named = new Map(wanted.columns.map((column) => [column.name, column]));
  const kept = before.columns.map((column) => {
    const next = named.get(column.name);
    named.delete(column.name);
    if (next === undefined) return column;
    const type = joinTypes(column.type, next.type);
    if (!sameType(type, column.type))
      changes.push(widening(wanted.name, column, { ...next, type }, features));
    return { ...next, type };
  });
  const widened = changes.length > 0;
  for (const column of named.values()) changes.push(addition(wanted.name, column, features));
  return { definition: { ...wanted, columns: [...kept, ...named.values()] }, changes, widened };
}

/** Two columns lists are the same in names and types. */
export function sameColumns(a: readonly ColumnDefinition[], b: readonly ColumnDefinition[]): boolean {
  return (
    a.length === b.length &&
    a.every((column, index) => column.name === b[index]?.name && sameType(column.type, b[index].type))
  );
}

/** Two columns lists are the same in all that a definition says of them, however it says it. */
export function identicalColumns(a: readonly ColumnDefinition[], b: readonly ColumnDefinition[]): boolean {
  const rest = ({ nullable = true, unordered = false }: ColumnDefinition): string =>
    `${nullable} ${unordered}`;
  return sameColumns(a, b) && a.every((column, index) => rest(column) === rest(b[index] ?? column));
}

function widening(
  table: string,
  from: ColumnDefinition,
  to: ColumnDefinition,
  features: ServerFeatures,
): SchemaChange {
  return {
    table,
    kind: "widen-column",
    column: from.name,
    from: formatColumnType(from.type),
    to: formatColumnType(to.type),
    statement: `ALTER TABLE ${quote(table)} MODIFY COLUMN ${quote(to.name)} ${columnSql(to, features)}`,
  };
}

function addition(table: string, column: ColumnDefinition, features: ServerFeatures): SchemaChange {
  return {
    table,
    kind: "add-column",
    column: column.name,
    to: formatColumnType(column.type),
    statement: `ALTER TABLE ${quote(table)} ADD COLUMN ${quote(column.name)} ${columnSql(column, features)}`,
  };
}

function checkShape(wanted: TableDefinition, before: TableDefinition): void {
  const key = (definition: TableDefinition): string => definition.key.toSorted().join(", ");
  if (wanted.mode === before.mode && key(wanted) === key(before)) return;
  throw new MillraceError(
    "MLR_SCHEMA_MISMATCH",
    `table "${wanted.name}" has mode ${before.mode} and key (${key(before)}), not mode ${wanted.mode} and key (${key(wanted)})`,
    {
      hint: "Choose another table, or give the pipeline the mode and key that the table has.",
      details: { table: wanted.name },
    },
  );
}
