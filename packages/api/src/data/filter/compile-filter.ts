import { MillraceError, nearest } from "@millrace/core";
import { quoteName } from "../schema/quote.ts";
import type { ShapeColumn } from "../schema/table-shape.ts";
import { compileCondition } from "./compile-condition.ts";
import type { Condition, Filter } from "./filter.ts";
import type { Parameters } from "./parameters.ts";

/** What a filter is compiled for. */
export interface FilterScope {
  /** Name of the table in the statement, quoted. */
  readonly alias: string;
  /** The columns that it may name. */
  readonly columns: ReadonlyMap<string, ShapeColumn>;
  /** SQL of a column. Default: that of the alias. */
  readonly column?: (column: ShapeColumn) => string;
  readonly parameters: Pick<Parameters, "add">;
}

/**
 * A filter as SQL with parameters, in parentheses where that is needed. Fails with MLR_ARGUMENT_INVALID for a column that is
 * not there, a comparison that its type does not have, and a value that is none.
 */
export function compileFilter(filter: Filter, scope: FilterScope): string {
  if ("and" in filter) return joined(filter.and, "AND", "true", scope);
  if ("or" in filter) return joined(filter.or, "OR", "false", scope);
  if ("not" in filter) return `(NOT ${compileFilter(filter.not, scope)})`;
  return compileOne(filter, scope);
}

function joined(filters: readonly Filter[], word: string, empty: string, scope: FilterScope): string {
  if (filters.length === 0) return empty;
  return `(${filters.map((each) => compileFilter(each, scope)).join(` ${word} `)})`;
}

function compileOne(condition: Condition, scope: FilterScope): string {
  const column = findColumn(condition.column, scope.columns);
  const sql = scope.column?.(column) ?? `${scope.alias}.${quoteName(column.name)}`;
  return `(${compileCondition(condition, { column, sql, parameters: scope.parameters })})`;
}

/** A column by its name. Fails with MLR_ARGUMENT_INVALID, and the nearest name. */
export function findColumn(name: string, columns: ReadonlyMap<string, ShapeColumn>): ShapeColumn {
  const column = columns.get(name);
  if (column !== undefined) return column;
  const guess = nearest(name, [...columns.keys()]);
  throw new MillraceError("MLR_ARGUMENT_INVALID", `There is no column "${name}"`, {
    hint:
      guess === undefined ? `The columns: ${[...columns.keys()].join(", ")}.` : `Did you mean "${guess}"?`,
    details: { column: name },
  });
}
