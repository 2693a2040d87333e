import { MillraceError } from "@millrace/core";
import type { ShapeColumn } from "../schema/table-shape.ts";
import { COMPARISONS, type ConditionScope } from "./condition-scope.ts";
import { compilePath } from "./compile-path.ts";
import { arrayOf, booleanOf, jsonOf, listOf, patternOf, textOf } from "./condition-value.ts";
import type { Condition, FilterOperator } from "./filter.ts";

/** One comparison as SQL. Fails with MLR_ARGUMENT_INVALID where the column does not have it, or the value is none of its type. */
export function compileCondition(condition: Condition, scope: ConditionScope): string {
  if (condition.path !== undefined && condition.path.length > 0) return compilePath(condition, scope);
  const { column, sql, parameters } = scope;
  const { op } = condition;
  switch (op) {
    case "eq":
    case "ne":
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return `${sql} ${COMPARISONS[op]} ${typed(textOf(condition), scope)}`;
    case "in":
      return `${sql} = ANY(${parameters.add(listOf(condition))}::${comparedType(column)}[])`;
    case "like":
    case "ilike":
      need(condition, column, isText(column));
      return `${sql} ${op === "like" ? "LIKE" : "ILIKE"} ${parameters.add(patternOf(condition))}::text`;
    case "null":
      return booleanOf(condition) ? `${sql} IS NULL` : `${sql} IS NOT NULL`;
    case "search":
      need(condition, column, isText(column) || isJson(column));
      return `to_tsvector('simple', ${sql}${isJson(column) ? "::jsonb" : ""}) @@ websearch_to_tsquery('simple', ${parameters.add(textOf(condition))}::text)`;
    case "contains":
      return contains(condition, scope);
    case "jsonpath":
      need(condition, column, isJson(column));
      return `coalesce(${sql}::jsonb @? ${parameters.add(textOf(condition))}::jsonpath, false)`;
  }
}

/** The comparisons that a column has, for descriptions. */
export function operatorsOf(column: ShapeColumn): readonly FilterOperator[] {
  const common: readonly FilterOperator[] = ["eq", "ne", "lt", "lte", "gt", "gte", "in", "null"];
  if (isJson(column)) return ["eq", "ne", "in", "null", "search", "contains", "jsonpath"];
  if (column.array) return ["eq", "ne", "lt", "lte", "gt", "gte", "null", "contains"];
  if (column.kind === "other") return ["eq", "ne", "lt", "lte", "gt", "gte", "in", "null"];
  return isText(column) ? [...common, "like", "ilike", "search"] : common;
}

function contains(condition: Condition, scope: ConditionScope): string {
  const { column, sql, parameters } = scope;
  if (isJson(column)) return `${sql}::jsonb @> ${parameters.add(jsonOf(condition))}::jsonb`;
  need(condition, column, column.array);
  return `${sql} @> ${parameters.add(arrayOf(condition))}::${column.sqlType}`;
}

/** A value as a parameter of the column's type. Types that are not known are compared as text. */
function typed(text: string, { column, parameters }: ConditionScope): string {
  return `${parameters.add(text)}::${comparedType(column)}`;
}

function comparedType(column: ShapeColumn): string {
  return column.kind === "json" && !column.array ? "jsonb" : column.sqlType;
}

function isText({ kind, array }: ShapeColumn): boolean {
  return kind === "text" && !array;
}

function isJson({ kind, array }: ShapeColumn): boolean {
  return kind === "json" && !array;
}

function need(condition: Condition, column: ShapeColumn, holds: boolean): void {
  if (holds) return;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `"${condition.op}" does not fit column "${column.name}", which is ${column.sqlType}`,
    {
      hint: `It has ${operatorsOf(column).join(", ")}.`,
      details: { column: column.name, operator: condition.op },
    },
  );
}
