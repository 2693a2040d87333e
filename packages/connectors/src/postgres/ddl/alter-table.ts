import { sameType, type ColumnDefinition, type ColumnType } from "@millrace/core";
import { quoteIdentifier, quoteTable, type QualifiedName } from "../quote.ts";
import { convert, hashesChangedBy } from "./convert.ts";
import { sqlType } from "./sql-type.ts";

/** The statement that adds a column. Always nullable: the rows that are there have no value for it. */
export function addColumn(table: QualifiedName, column: ColumnDefinition): string {
  return `ALTER TABLE ${quoteTable(table)} ADD COLUMN ${quoteIdentifier(column.name)} ${sqlType(column.type)}`;
}

/** The statement that lets a column be null. */
export function dropNotNull(table: QualifiedName, column: string): string {
  return `ALTER TABLE ${quoteTable(table)} ALTER COLUMN ${quoteIdentifier(column)} DROP NOT NULL`;
}

export interface WidenOptions {
  readonly table: QualifiedName;
  readonly column: string;
  readonly from: ColumnType;
  readonly to: ColumnType;
}

export interface Widening {
  readonly statement: string;
  /** Which rows have another hash afterwards: a condition over the changed table. Absent: none has. */
  readonly rehash?: string;
}

/**
 * The statement that changes a column to a wider type so that each value keeps its canonical text, and thereby each row
 * its hash. Undefined where values of `from` cannot all be kept as `to`, or the types are the same.
 */
export function widenColumn({ table, column, from, to }: WidenOptions): Widening | undefined {
  if (sameType(from, to)) return undefined;
  const name = quoteIdentifier(column);
  const using = convert(name, from, to);
  if (using === undefined) return undefined;
  const statement = `ALTER TABLE ${quoteTable(table)} ALTER COLUMN ${name} TYPE ${sqlType(to)} USING ${using}`;
  const rehash = hashesChangedBy(name, from, to);
  return rehash === undefined ? { statement } : { statement, rehash };
}
