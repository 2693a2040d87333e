import { MillraceError } from "@millrace/core";
import type { Grant } from "../exposure/grant.ts";
import { Parameters } from "../filter/parameters.ts";
import type { Statement } from "../rows/statement.ts";
import { quoteName } from "../schema/quote.ts";
import type { Cursors } from "./cursors.ts";
import { behind, type Keyset, keysetOf, orderBy } from "./keyset.ts";
import type { PageQuery, RowQuery } from "./row-query.ts";
import { fieldsSql, type RowScope, selectedColumns } from "./row-sql.ts";
import { compileSource, type SourceSql, where } from "./source-sql.ts";

/** What is compiled against. */
export interface CompileContext extends Pick<RowScope, "view" | "role"> {
  readonly cursors: Cursors;
}

/** A statement whose one row is a whole page. */
export interface PageStatement {
  /** Gives `items`, JSON text; `last`, place of the last one as JSON text where more follow; `count` where it was asked for. */
  readonly statement: Statement;
  readonly keyset: Keyset;
}

/** The row that a page's statement gives. */
export interface PageRow {
  readonly items: string;
  readonly last: string | null;
  readonly count?: string;
}

/**
 * Compiles a page into one statement. Fails with MLR_ARGUMENT_INVALID for what the table does not have and for a cursor that is
 * not one of this order.
 */
export function compilePage(grant: Grant, query: PageQuery, context: CompileContext): PageStatement {
  const { asOf, filter, limit } = query;
  const parameters = new Parameters();
  const source = compileSource(grant, { alias: "t", filter, asOf, parameters });
  const keyset = keysetOf(grant, query.order, asOf);
  const begin =
    query.after === undefined
      ? []
      : [behind(keyset, context.cursors.read(query.after, keyset.name), parameters)];
  const conditions = [...source.conditions, ...begin];
  const rows = `SELECT ${neededSql(grant, query, keyset)} FROM ${source.from}${where(conditions)}${orderBy(keyset)} LIMIT ${limit + 1}`;
  const fields = fieldsSql(grant, query.selection, { ...context, ...query, asOf, parameters, alias: "t" });
  const place = keyset.terms.map(({ sql }) => `${sql}::text`).join(", ");
  // One more row than is shown tells whether there are more; the page itself is the plainest that PostgreSQL makes JSON of.
  const last = keyset.total
    ? `CASE WHEN (SELECT count(*) FROM t) > ${limit} THEN (SELECT json_build_array(${place})::text FROM t OFFSET ${limit - 1} LIMIT 1) END`
    : "NULL";
  const text = `WITH t AS MATERIALIZED (${rows})
SELECT (SELECT coalesce(json_agg(p), '[]')::text FROM (SELECT ${fields} FROM t LIMIT ${limit}) p) AS items,
  ${last} AS last${query.count === "exact" ? `, ${countSql(source)} AS count` : ""}`;
  return { statement: { text, values: parameters.values }, keyset };
}

/** Compiles all rows into a statement that gives `r`, each row as JSON text, in the order that was asked for. */
export function compileExport(
  grant: Grant,
  query: RowQuery & { readonly limit?: number | undefined },
  context: Omit<CompileContext, "cursors">,
): Statement {
  const { asOf, filter, limit } = query;
  const parameters = new Parameters();
  const source = compileSource(grant, { alias: "t", filter, asOf, parameters });
  const order = query.order.length === 0 ? "" : orderBy(keysetOf(grant, query.order, asOf));
  const fields = fieldsSql(grant, query.selection, { ...context, ...query, asOf, parameters, alias: "t" });
  const text = `SELECT row_to_json((SELECT x FROM (SELECT ${fields}) x))::text AS r FROM ${source.from}${where(source.conditions)}${order}${limit === undefined ? "" : ` LIMIT ${limit}`}`;
  return { text, values: parameters.values };
}

/** Compiles a statement that tells, in `EXPLAIN`'s JSON, how many rows the planner expects. */
export function compileEstimate(grant: Grant, query: RowQuery): Statement {
  const parameters = new Parameters();
  const { filter, asOf } = query;
  const source = compileSource(grant, { alias: "t", filter, asOf, parameters });
  const text = `EXPLAIN (FORMAT JSON) SELECT 1 FROM ${source.from}${where(source.conditions)}`;
  return { text, values: parameters.values };
}

function countSql({ from, conditions }: SourceSql): string {
  return `(SELECT count(*) FROM ${from}${where(conditions)})::text`;
}

/** What of the table is read: what is shown, what it is sorted by, and what rows of other tables are found by. */
function neededSql(grant: Grant, { selection }: RowQuery, keyset: Keyset): string {
  const shown = selectedColumns(grant, selection).map(({ name }) => `t.${quoteName(name)}`);
  if (shown.length === 0 && selection.embeds.length === 0) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "Nothing of the rows is selected", {
      hint: "Name at least one column in select, or leave it out for all.",
      details: { field: "select" },
    });
  }
  const embedded = new Set(selection.embeds.map(({ relation }) => relation));
  const joined = grant.exposure.relations
    .filter(({ name }) => embedded.has(name))
    .flatMap(({ columns }) => columns.map(([own]) => `t.${quoteName(own)}`));
  return [...new Set([...shown, ...keyset.terms.map(({ sql }) => sql), ...joined])].join(", ");
}
