import { canonicalText, type CanonicalText } from "../../hash/canonical.ts";
import type { Row } from "../../row.ts";
import type { ColumnDefinition, TableDefinition } from "../../schema/table.ts";

/** Column → canonical text; null for null. */
export type Texts = Readonly<Record<string, string | null>>;

/**
 * Text that is equal exactly where the values of the columns are: what rows are found by. It is made of canonical texts,
 * so it stays the same when a column is widened.
 */
export function keyText(table: TableDefinition, row: Row, columns: readonly string[]): string {
  return JSON.stringify(columns.map((column) => textOf(table, row, column)));
}

/** The value of a column as canonical text; null where there is none. */
export function textOf(table: TableDefinition, row: Row, column: string): string | null {
  // A column may have a name that every object inherits, such as "constructor".
  const value = Object.hasOwn(row, column) ? row[column] : null;
  if (value === null || value === undefined) return null;
  const text = textsOf(table).get(column);
  // A scope may name a column that no row has brought yet; it then holds none of the rows.
  return text === undefined ? JSON.stringify(value) : text(value);
}

/** A scope's values as texts, so that a column widened later still compares. */
export function scopeTexts(table: TableDefinition, where: Row | undefined): Texts | undefined {
  if (where === undefined) return undefined;
  return Object.fromEntries(Object.keys(where).map((column) => [column, textOf(table, where, column)]));
}

/** True where the row lies in the scope. */
export function matches(table: TableDefinition, row: Row, where: Texts | undefined): boolean {
  return Object.entries(where ?? {}).every(([column, text]) => textOf(table, row, column) === text);
}

/** Names of the columns in which two versions of a row differ, in the table's order. */
export function changedColumns(table: TableDefinition, before: Row, after: Row): string[] {
  return table.columns
    .map(({ name }) => name)
    .filter((column) => textOf(table, before, column) !== textOf(table, after, column));
}

const compiled = new WeakMap<readonly ColumnDefinition[], ReadonlyMap<string, CanonicalText>>();

function textsOf({ columns }: TableDefinition): ReadonlyMap<string, CanonicalText> {
  const known = compiled.get(columns);
  if (known !== undefined) return known;
  const texts = new Map(columns.map(({ name, type, unordered }) => [name, canonicalText(type, unordered)]));
  compiled.set(columns, texts);
  return texts;
}
