import { compileChanges } from "../changes/compile-changes.ts";
import { changesName, placeOf } from "../changes/read-changes.ts";
import { Parameters } from "../filter/parameters.ts";
import { compileHistory } from "../history/history-route.ts";
import { isTime, readTime } from "../query/read-time.ts";
import { PAGE_LIMIT } from "../query/row-query.ts";
import type { Statement } from "../rows/statement.ts";
import { quoteName } from "../schema/quote.ts";
import type { ShapeColumn } from "../schema/table-shape.ts";
import type { DataService } from "../server/data-service.ts";
import { Compiler, type CompilerOptions, firstOf, type PlannedField, typeSql } from "./compiler.ts";
import type { TablePlan } from "./field-plan.ts";
import { filterOfValue } from "./read-filter-value.ts";

/** A statement of its own, whose one row has JSON text in `items`. */
export interface ListStatement {
  readonly statement: Statement;
  readonly cursorNames: readonly string[];
}

type Inner = NonNullable<PlannedField["inner"]>;
type Options = Omit<CompilerOptions, "parameters">;

/** Every version of one row, with what is selected of each. */
export function compileHistoryField(
  options: Options,
  { args, inner }: PlannedField,
  table: TablePlan,
): ListStatement {
  const key = table.grant.shape.key.map((name) => {
    const [field = name] = [...table.columns].find(([, column]) => column.name === name) ?? [];
    return `"${String(args[field]).replaceAll('"', '""')}"`;
  });
  const { text, values } = compileHistory(table.grant, key.join(","));
  const compiler = within(options, values);
  compiler.spend(PAGE_LIMIT);
  const item = itemSql(compiler, inner as Inner, (part) => `e->'${part}'`, "e->'row'");
  return statementOf(
    compiler,
    `SELECT coalesce(json_agg(${item} ORDER BY v.n), '[]')::text AS items FROM json_array_elements((SELECT q.items FROM (${text}) q)::json) WITH ORDINALITY AS v (e, n)`,
  );
}

/** What happened to rows, with what is selected of each change. `last`: the place of the last one, as JSON text. */
export function compileChangesField(
  options: Options,
  { args, inner }: PlannedField,
  table: TablePlan,
  service: DataService,
): ListStatement {
  const { grant, columns } = table;
  const { since } = args;
  const limit = firstOf(args, PAGE_LIMIT);
  const { text, values } = compileChanges(grant, {
    after:
      typeof since === "string"
        ? isTime(since)
          ? [readTime("since", since)]
          : placeOf(grant, since, service)
        : undefined,
    filter: filterOfValue(args["filter"], columns),
    limit,
  });
  const compiler = within(options, values);
  compiler.spend(limit);
  const cursor = (): string => compiler.cursor(changesName(grant), "to_json(q.place)::text");
  const item = itemSql(
    compiler,
    inner as Inner,
    (part) => (part === "cursor" ? cursor() : `q.${quoteName(part)}`),
    "q.row::json",
  );
  const last = cursor();
  return statementOf(
    compiler,
    `SELECT coalesce(json_agg(c.item ORDER BY c.n), '[]')::text AS items, to_json((array_agg(c.last ORDER BY c.n DESC))[1])::text AS last, count(*)::int AS count
FROM (SELECT row_number() OVER () AS n, ${item} AS item, ${last} AS last FROM (${text}) q) c`,
  );
}

function within(options: Options, values: readonly unknown[]): Compiler {
  const parameters = new Parameters();
  for (const value of values) parameters.add(value);
  return new Compiler({ ...options, parameters });
}

function statementOf({ options, cursorNames }: Compiler, text: string): ListStatement {
  return { statement: { text, values: options.parameters.values }, cursorNames };
}

/** @param row SQL of the JSON of the row that it is about */
function itemSql(
  compiler: Compiler,
  { type, selections }: Inner,
  partSql: (part: string) => string,
  row: string,
): string {
  return compiler.object(
    compiler.fields(type, selections).map(({ key, plan, inner }): [string, string] => {
      if (plan?.kind !== "part") return [key, typeSql(type)];
      return [key, inner === undefined ? partSql(plan.part) : rowSql(compiler, inner, row)];
    }),
  );
}

function rowSql(compiler: Compiler, { type, selections }: Inner, row: string): string {
  return compiler.object(
    compiler
      .fields(type, selections)
      .map(({ key, plan }): [string, string] => [
        key,
        plan?.kind === "column" ? jsonValueSql(plan.column, row) : typeSql(type),
      ]),
  );
}

/** The value of a column out of a row that is JSON already. Names become literals, in which a quote is doubled. */
function jsonValueSql({ name, kind, array }: ShapeColumn, row: string): string {
  const literal = `'${name.replaceAll("'", "''")}'`;
  if (kind !== "bigint" && kind !== "numeric") return `(${row})->${literal}`;
  if (!array) return `(${row})->>${literal}`;
  const list = `(${row})->${literal}`;
  return `CASE WHEN json_typeof(${list}) = 'array' THEN (SELECT coalesce(json_agg(d.v), '[]'::json) FROM json_array_elements_text(${list}) AS d (v)) END`;
}
