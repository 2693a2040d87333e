import { suffixIdentifier, type TableDefinition } from "@millrace/core";
import type { QualifiedName } from "../qualified-name.ts";
import type { RelationalDialect } from "../relational-dialect.ts";

/** A definition whose namespace is known. */
export type PlacedTable = TableDefinition & QualifiedName;

/** A name made from a table's, within what the database allows. */
export function suffixed(dialect: RelationalDialect, table: string, suffix: string): string {
  return suffixIdentifier(table, suffix, dialect.capabilities.identifiers.maxBytes);
}

/** The table that keeps the old versions of the rows of a table. */
export function historyOf(dialect: RelationalDialect, table: QualifiedName): QualifiedName {
  return { namespace: table.namespace, name: suffixed(dialect, table.name, "__history") };
}
