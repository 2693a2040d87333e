import type { Row } from "@millrace/core";
import type { DriverValue } from "../driver-value.ts";
import type { RelationalDialect } from "../relational-dialect.ts";
import { codecOf } from "./codec-of.ts";
import type { TableColumn } from "./table-column.ts";

/** Turns rows in storage form into values for a bulk load, in the order of the columns. Other fields are left out. */
export function compileRowEncoder(
  dialect: RelationalDialect,
  columns: readonly TableColumn[],
): (row: Row) => DriverValue[] {
  const fields = columns.map((column) => ({ name: column.name, encode: codecOf(dialect, column).encode }));
  return (row) =>
    fields.map(({ name, encode }) => {
      const value = row[name];
      return value === null || value === undefined ? null : encode(value);
    });
}

/** The columns of a SELECT, under aliases of their own so that no name is in the way of another, and how to read its rows. */
export interface RowReader {
  /** @param alias of the table. */
  select(alias: string): string;
  /** Storage form; nulls are there as null. */
  read(answer: Readonly<Record<string, unknown>>): Row;
}

/** Compiles reading rows back. @param prefix of the aliases, where one SELECT has columns of two tables. */
export function compileRowReader(
  dialect: RelationalDialect,
  columns: readonly TableColumn[],
  prefix = "c",
): RowReader {
  const fields = columns.map((column, index) => ({
    name: column.name,
    alias: `${prefix}${index}`,
    codec: codecOf(dialect, column),
  }));
  return {
    select: (alias) =>
      fields
        .map(({ name, alias: as, codec }) => {
          const column = `${alias}.${dialect.quote(name)}`;
          return `${codec.select?.(column) ?? column} AS ${as}`;
        })
        .join(", "),
    read: (answer) => {
      const row: Record<string, unknown> = {};
      for (const { name, alias, codec } of fields) {
        const value = answer[alias];
        row[name] = value === null || value === undefined ? null : codec.decode(value);
      }
      return row;
    },
  };
}
