import { MillraceError, nearest } from "@millrace/core";
import { type Condition, FILTER_OPERATORS, type FilterOperator, type FilterValue } from "../filter/filter.ts";
import { readList } from "./read-list.ts";

/**
 * Reads one parameter of an address: `price.gte=10`, `tag.in=a,b`, `note.null=true`, `data->size->0.eq=5`. Undefined: it is no
 * comparison. Fails with MLR_ARGUMENT_INVALID.
 */
export function readCondition(name: string, value: string): Condition | undefined {
  const dot = name.lastIndexOf(".");
  if (dot <= 0) return undefined;
  const op = operatorOf(name.slice(dot + 1), name);
  const [column = "", ...path] = name.slice(0, dot).split("->");
  return { column, ...(path.length === 0 ? {} : { path }), op, value: valueOf(op, value, name) };
}

function valueOf(op: FilterOperator, value: string, name: string): FilterValue {
  if (op === "in") return readList(value, name);
  if (op !== "null") return value;
  if (value === "true" || value === "false") return value === "true";
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${name}" must be true or false`, {
    hint: `${name}=true finds rows without a value.`,
    details: { field: name },
  });
}

function operatorOf(text: string, name: string): FilterOperator {
  const found = FILTER_OPERATORS.find((each) => each === text);
  if (found !== undefined) return found;
  const guess = nearest(text, [...FILTER_OPERATORS]);
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${name}" ends with no comparison`, {
    hint:
      guess === undefined ? `The comparisons: ${FILTER_OPERATORS.join(", ")}.` : `Did you mean ".${guess}"?`,
    details: { field: name },
  });
}
