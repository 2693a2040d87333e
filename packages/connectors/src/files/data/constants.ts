import { canonicalText, type ColumnDefinition, type Row } from "@millrace/core";

/** Longest text that is remembered as a constant: scopes and partitions have short ones. */
const MAX_LENGTH = 200;

/** Finds the columns in which all rows of a file have the same value: a scope can then be told from the file alone. */
export class Constants {
  readonly #columns: readonly ColumnDefinition[];
  #same: { readonly column: ColumnDefinition; readonly value: unknown }[] | undefined;

  constructor(columns: readonly ColumnDefinition[]) {
    this.#columns = columns.filter(({ type }) => type.kind !== "array" && type.kind !== "bytea");
  }

  add(rows: readonly Row[]): void {
    const [first] = rows;
    if (first === undefined) return;
    this.#same ??= this.#columns.map((column) => ({ column, value: valueOf(first, column.name) }));
    if (this.#same.length === 0) return;
    this.#same = this.#same.filter(({ column: { name }, value }) =>
      rows.every((row) => Object.is(valueOf(row, name), value)),
    );
  }

  /** Column → canonical text, null for null. */
  texts(): Readonly<Record<string, string | null>> {
    const texts = (this.#same ?? []).map(({ column, value }): [string, string | null] => [
      column.name,
      value === null ? null : canonicalText(column.type)(value),
    ]);
    return Object.fromEntries(texts.filter(([, text]) => text === null || text.length <= MAX_LENGTH));
  }
}

function valueOf(row: Row, name: string): unknown {
  return Object.hasOwn(row, name) ? (row[name] ?? null) : null;
}
