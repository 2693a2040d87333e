import type { ColumnDefinition } from "@millrace/core";
import type { ColumnPlace } from "../column-codec.ts";
import type { NewColumn } from "../new-table.ts";
import type { KeptColumn, RelationalDialect } from "../relational-dialect.ts";
import { codecOf, newForm } from "./codec-of.ts";
import { markOf } from "./mark.ts";

/** A column with the way in which it is kept. */
export interface TableColumn extends KeptColumn {
  readonly name: string;
  /** NOT NULL. */
  readonly required: boolean;
  /** Arrays compare as sets. Default false. */
  readonly unordered?: boolean;
}

/** Of no key and of any length. */
export const ANYWHERE: ColumnPlace = { keyColumns: 0 };

/** A column that is new. */
export function tableColumn(
  dialect: RelationalDialect,
  column: ColumnDefinition,
  options: { readonly place?: ColumnPlace; readonly required?: boolean } = {},
): TableColumn {
  const { place = ANYWHERE, required = column.nullable === false } = options;
  return {
    name: column.name,
    type: column.type,
    form: newForm(dialect, column.type, place),
    place,
    required,
    ...(column.unordered === true ? { unordered: true } : {}),
  };
}

/** What CREATE and ALTER TABLE are told. */
export function newColumn(dialect: RelationalDialect, column: TableColumn): NewColumn {
  return {
    name: column.name,
    sqlType: codecOf(dialect, column).sqlType,
    required: column.required,
    mark: markOf(dialect, column),
  };
}

/** The column as the rest of Millrace knows it; says only what is not the default, so that equal columns are described equally. */
export function definitionOf(column: TableColumn, key: readonly string[]): ColumnDefinition {
  return {
    name: column.name,
    type: column.type,
    ...(column.required && !key.includes(column.name) ? { nullable: false } : {}),
    ...(column.unordered === true ? { unordered: true } : {}),
  };
}
