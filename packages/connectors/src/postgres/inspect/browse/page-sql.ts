import { type BrowseFilter, type BrowseQuery, formatColumnType } from "@millrace/core";
import type { ColumnDescription } from "../../ddl/introspect.ts";
import { quoteIdentifier } from "../../quote.ts";
import type { Relation, Tie } from "./relation.ts";

/** A statement with its parameters. */
export interface PageSql {
  readonly text: string;
  readonly values: readonly (string | number | null)[];
}

/** What rows are ordered by: first the wished column, then what tells them apart. */
export interface PageOrder {
  readonly by: readonly (Tie & { readonly nullable: boolean })[];
  readonly descending: boolean;
}

const LIKE_SPECIAL = /[\\%_]/g;

/** The order of a query. */
export function orderOf(relation: Relation, query: BrowseQuery): PageOrder {
  const { first: usual } = relation;
  const sort = query.sort ?? (usual === undefined ? undefined : { column: usual, descending: false });
  const ties = relation.ties.map((tie) => ({ ...tie, nullable: false }));
  if (sort === undefined) return { by: ties, descending: relation.latestFirst };
  const wished = `t.${quoteIdentifier(sort.column)}`;
  const column = relation.columns.find(({ name }) => name === sort.column);
  const first = { sql: wished, sqlType: column?.sqlType ?? "text", nullable: column?.nullable ?? true };
  return { by: [first, ...ties.filter(({ sql }) => sql !== wished)], descending: sort.descending };
}

/**
 * The statement of a page: the columns as text, and behind them what the rows are ordered by, for the next page.
 * @param after the values of the row that the page comes behind
 */
export function pageSql(
  relation: Relation,
  query: BrowseQuery,
  after: readonly (string | null)[] | undefined,
): PageSql {
  const values: (string | number | null)[] = [];
  const value = (text: string, sqlType: string): string => `$${values.push(text)}::${sqlType}`;
  const order = orderOf(relation, query);
  const wheres = [
    ...(relation.where === undefined ? [] : [relation.where]),
    ...conditions(relation.columns, query.filters ?? [], values),
    ...(after === undefined ? [] : [behind(order, after, value)]),
  ];
  const selected = [
    ...relation.columns.map(({ name }, index) => `t.${quoteIdentifier(name)}::text AS c${index}`),
    ...order.by.map(({ sql }, index) => `${sql}::text AS o${index}`),
  ];
  const where = wheres.length === 0 ? "" : ` WHERE ${wheres.map((each) => `(${each})`).join(" AND ")}`;
  const direction = order.descending ? "DESC" : "ASC";
  const sorted = order.by.map(({ sql, nullable }) => `${sql} ${direction}${nullable ? " NULLS LAST" : ""}`);
  values.push(query.limit + 1);
  return {
    text: `SELECT ${selected.join(", ")} FROM ${relation.from}${where} ORDER BY ${sorted.join(", ")} LIMIT $${values.length}::int8`,
    values,
  };
}

/** SQL of conditions; their values are added to `values`. */
export function conditions(
  columns: readonly ColumnDescription[],
  filters: readonly BrowseFilter[],
  values: (string | number | null)[],
): string[] {
  const parameter = (text: string, sqlType: string): string => `$${values.push(text)}::${sqlType}`;
  return filters.map((filter) => condition(columns, filter, parameter));
}

function condition(
  columns: readonly ColumnDescription[],
  { column, operator, value = "" }: BrowseFilter,
  parameter: (text: string, sqlType: string) => string,
): string {
  const name = `t.${quoteIdentifier(column)}`;
  switch (operator) {
    case "null":
      return `${name} IS NULL`;
    case "not null":
      return `${name} IS NOT NULL`;
    case "contains":
      return `${name}::text ILIKE ${parameter(`%${value.replaceAll(LIKE_SPECIAL, "\\$&")}%`, "text")}`;
    case "!=":
      return `${name} IS DISTINCT FROM ${parameter(value, sqlTypeOf(columns, column))}`;
    default:
      return `${name} ${operator} ${parameter(value, sqlTypeOf(columns, column))}`;
  }
}

/** Without limits of length or scale, which a cast would quietly cut values to. */
function sqlTypeOf(columns: readonly ColumnDescription[], name: string): string {
  const sqlType = columns.find((column) => column.name === name)?.sqlType ?? "text";
  return sqlType.replace(/\(\d+(,-?\d+)?\)/, "").replace(/^character(?=$|\[)/, "text");
}

/** Rows behind one: a comparison of rows, which an index in this order answers at once. Null comes last. */
function behind(
  { by, descending }: PageOrder,
  after: readonly (string | null)[],
  parameter: (text: string, sqlType: string) => string,
): string {
  const [first, ...rest] = by;
  const nullable = first?.nullable === true;
  const compare = (parts: PageOrder["by"], values: readonly (string | null)[]): string => {
    const left = parts.map(({ sql }) => sql).join(", ");
    const right = parts.map(({ sqlType }, index) => parameter(values[index] ?? "", sqlType)).join(", ");
    return `(${left}) ${descending ? "<" : ">"} (${right})`;
  };
  if (!nullable || first === undefined) return compare(by, after);
  if (after[0] !== null) return `${compare(by, after)} OR ${first.sql} IS NULL`;
  return `${first.sql} IS NULL AND ${compare(rest, after.slice(1))}`;
}

/** The name of a column's type for readers. */
export function typeText({ type, sqlType }: ColumnDescription): string {
  return type === undefined ? sqlType : formatColumnType(type);
}
