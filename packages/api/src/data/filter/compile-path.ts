import { MillraceError } from "@millrace/core";
import { COMPARISONS, type ConditionScope } from "./condition-scope.ts";
import { booleanOf, jsonOf, listOf, patternOf, textOf } from "./condition-value.ts";
import type { Condition } from "./filter.ts";

/**
 * A comparison of what is at a place inside a json column. A value that is JSON is compared as such, so that 10 finds the
 * number and "10" in quotes the text; all else is text. Only values of the same kind are compared.
 */
export function compilePath(condition: Condition, { column, sql, parameters }: ConditionScope): string {
  const { op, path = [] } = condition;
  if (column.kind !== "json" || column.array) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `Column "${column.name}" is ${column.sqlType}, which has nothing inside`,
      {
        hint: "Only json columns have a path.",
        details: { column: column.name },
      },
    );
  }
  const way = `${parameters.add([...path])}::text[]`;
  const place = `(${sql}::jsonb #> ${way})`;
  const json = (text: string): string => `${parameters.add(jsonText(text))}::jsonb`;
  switch (op) {
    case "eq":
    case "ne":
    case "lt":
    case "lte":
    case "gt":
    case "gte": {
      const value = json(textOf(condition));
      return `jsonb_typeof(${place}) = jsonb_typeof(${value}) AND ${place} ${COMPARISONS[op]} ${value}`;
    }
    case "in":
      return `${place} = ANY(${parameters.add(listOf(condition).map(jsonText))}::jsonb[])`;
    case "like":
    case "ilike":
      return `(${sql}::jsonb #>> ${way}) ${op.toUpperCase()} ${parameters.add(patternOf(condition))}::text`;
    case "null":
      return `coalesce(${place}, 'null') ${booleanOf(condition) ? "=" : "<>"} 'null'::jsonb`;
    case "search":
      return `to_tsvector('simple', ${place}) @@ websearch_to_tsquery('simple', ${parameters.add(textOf(condition))}::text)`;
    case "contains":
      return `${place} @> ${json(jsonOf(condition))}`;
    case "jsonpath":
      return `coalesce(${place} @? ${parameters.add(textOf(condition))}::jsonpath, false)`;
  }
}

/** JSON as it is; anything else as a JSON text. */
function jsonText(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}
