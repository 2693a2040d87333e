import { findColumn } from "../filter/compile-filter.ts";
import type { Grant } from "../exposure/grant.ts";
import { type KeysetTerm, orderBy } from "../query/keyset.ts";
import { EMBED_LIMIT, type OrderTerm } from "../query/row-query.ts";
import { compileSource, where } from "../query/source-sql.ts";
import { quoteName } from "../schema/quote.ts";
import type { ShapeColumn } from "../schema/table-shape.ts";
import { type Compiler, firstOf, type PlannedField, typeSql } from "./compiler.ts";
import { filterOfValue } from "./read-filter-value.ts";

/** Where the row of a node comes from. */
export interface NodeScope {
  readonly grant: Grant;
  /** Name of the row in the statement. */
  readonly alias: string;
  readonly asOf: string | undefined;
  /** How many of them there may be. */
  readonly times: number;
}

type Inner = NonNullable<PlannedField["inner"]>;

/** A row as a JSON object of what is selected of it. Fails as `compileSource`. */
export function compileNode(compiler: Compiler, { type, selections }: Inner, scope: NodeScope): string {
  compiler.spend(scope.times);
  return compiler.object(
    compiler.fields(type, selections).map((field) => {
      const { plan, key } = field;
      if (plan?.kind === "column")
        return [key, valueSql(plan.column, `${scope.alias}.${quoteName(plan.column.name)}`)];
      if (plan?.kind === "relation") return [key, compileRelation(compiler, field, plan, scope)];
      return [key, typeSql(type)];
    }),
  );
}

/** A value as answers have it: numbers that programs would read as doubles are text. */
function valueSql({ kind, array }: ShapeColumn, sql: string): string {
  if (kind === "other") return array ? `${sql}::text[]` : `${sql}::text`;
  if (kind !== "bigint" && kind !== "numeric") return sql;
  return array ? `${sql}::text[]` : `${sql}::text`;
}

type RelationPlan = Extract<NonNullable<PlannedField["plan"]>, { kind: "relation" }>;

function compileRelation(
  compiler: Compiler,
  { args, inner }: PlannedField,
  { relation, table }: RelationPlan,
  scope: NodeScope,
): string {
  const { grant, columns } = table;
  const alias = compiler.alias();
  const { parameters } = compiler.options;
  const filter = filterOfValue(args["filter"], columns);
  const source = compileSource(grant, { alias, filter, asOf: scope.asOf, parameters });
  const joins = relation.columns.map(([own, theirs]) => {
    const mine = findColumn(own, scope.grant.shape.columns);
    const other = findColumn(theirs, grant.shape.columns);
    return `${alias}.${quoteName(other.name)} = ${scope.alias}.${quoteName(mine.name)}`;
  });
  const first = relation.many ? firstOf(args, EMBED_LIMIT) : 1;
  const times = scope.times * first;
  // The type of a relation is always an object.
  const node = compileNode(compiler, inner as Inner, { grant, alias, asOf: scope.asOf, times });
  const order = orderSql(grant, alias, (args["order"] ?? []) as readonly OrderTerm[]);
  const rows = `SELECT ${node} AS r FROM ${source.from}${where([...source.conditions, ...joins])}${order} LIMIT ${first}`;
  return relation.many ? `(SELECT coalesce(json_agg(m.r), '[]'::json) FROM (${rows}) m)` : `(${rows})`;
}

/** The order of rows that are not paged: as asked, then by key. */
function orderSql({ shape, columns }: Grant, alias: string, order: readonly OrderTerm[]): string {
  const asked = order.map(({ column, descending }) => ({ column: findColumn(column, columns), descending }));
  const names = new Set(order.map(({ column }) => column));
  const rest = shape.key
    .filter((name) => !names.has(name))
    .map((name) => ({ column: findColumn(name, shape.columns), descending: false }));
  const terms = [...asked, ...rest].map(({ column, descending }): KeysetTerm => ({
    sql: `${alias}.${quoteName(column.name)}`,
    type: column.sqlType,
    nullable: column.nullable,
    descending,
  }));
  return orderBy({ terms, total: false, name: "" });
}
