import { FILTER_OPERATORS, type Filter, type FilterOperator, type FilterValue } from "../filter/filter.ts";
import { readFilter } from "../filter/read-filter.ts";
import type { ShapeColumn } from "../schema/table-shape.ts";

type Given = Readonly<Record<string, unknown>>;

/**
 * The filter that a coerced argument stands for; null where there is none. Fails with MLR_ARGUMENT_INVALID where it is too
 * large.
 * @param columns by their names in GraphQL
 */
export function filterOfValue(value: unknown, columns: ReadonlyMap<string, ShapeColumn>): Filter | null {
  if (value === undefined || value === null) return null;
  return readFilter(tableFilter(value as Given, columns));
}

function tableFilter(value: Given, columns: ReadonlyMap<string, ShapeColumn>): Filter {
  const parts = Object.entries(value).flatMap(([name, each]): Filter[] => {
    if (each === null || each === undefined) return [];
    const all = (): Filter[] => (each as readonly Given[]).map((one) => tableFilter(one, columns));
    if (name === "_and") return all();
    if (name === "_or") return [{ or: all() }];
    if (name === "_not") return [{ not: tableFilter(each as Given, columns) }];
    const column = columns.get(name);
    return column === undefined ? [] : columnFilters(column, each as Given);
  });
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { and: parts };
}

function columnFilters(column: ShapeColumn, value: Given): Filter[] {
  return Object.entries(value).flatMap(([name, each]): Filter[] => {
    if (each === null || each === undefined) return [];
    if (name === "inside")
      return (each as readonly Given[]).flatMap((one) => insideFilters(column.name, one));
    const op = operatorOf(name);
    return op === undefined
      ? []
      : [{ column: column.name, op, value: operand(op, each, column.kind === "json") }];
  });
}

function insideFilters(column: string, { path, ...rest }: Given): Filter[] {
  return Object.entries(rest).flatMap(([name, each]): Filter[] => {
    const op = operatorOf(name);
    if (op === undefined || each === null || each === undefined) return [];
    return [{ column, path: path as readonly string[], op, value: operand(op, each, true) }];
  });
}

function operatorOf(name: string): FilterOperator | undefined {
  return FILTER_OPERATORS.find((each) => each === name);
}

/** JSON goes as its text, and anything else as it is. */
function operand(op: FilterOperator, value: unknown, json: boolean): FilterValue {
  const plain = op === "null" || op === "like" || op === "ilike" || op === "search" || op === "jsonpath";
  if (!json || plain) return value as FilterValue;
  if (op === "in") return (value as readonly unknown[]).map((each) => JSON.stringify(each));
  return JSON.stringify(value);
}
