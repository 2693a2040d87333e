import type { Grant } from "../exposure/grant.ts";
import { compileFilter } from "../filter/compile-filter.ts";
import type { Filter } from "../filter/filter.ts";
import type { Parameters } from "../filter/parameters.ts";
import { needVersions } from "../history/need-versions.ts";
import { quoteName, quotePlace } from "../schema/quote.ts";

/** Where rows are taken from. */
export interface SourceOptions {
  /** Name of the table in the statement, which is a plain word. */
  readonly alias: string;
  readonly filter: Filter | null;
  readonly asOf?: string | undefined;
  readonly parameters: Parameters;
}

/** `FROM …` and what has to hold for rows: what the caller asks, and what its role may see. */
export interface SourceSql {
  readonly from: string;
  readonly conditions: readonly string[];
}

/** Compiles where the rows of a table come from. Fails as `compileFilter`, and with MLR_ARGUMENT_INVALID for a past that is not kept. */
export function compileSource(grant: Grant, { alias, filter, asOf, parameters }: SourceOptions): SourceSql {
  const { shape, columns, rows } = grant;
  const from =
    asOf === undefined ? `${quotePlace(shape)} ${alias}` : `(${pastSql(grant, asOf, parameters)}) ${alias}`;
  const conditions = [
    ...(rows === null ? [] : [compileFilter(rows, { alias, columns: shape.columns, parameters })]),
    ...(filter === null ? [] : [compileFilter(filter, { alias, columns, parameters })]),
  ];
  return { from, conditions };
}

/** `WHERE …`, or nothing. */
export function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
}

/** The versions of rows that were the current ones at a time. */
function pastSql(grant: Grant, asOf: string, parameters: Parameters): string {
  const { shape } = grant;
  needVersions(grant);
  const at = `${parameters.add(asOf)}::timestamptz`;
  const names = [...shape.columns.keys()];
  const live = `SELECT ${names.map(quoteName).join(", ")} FROM ${quotePlace(shape)} WHERE _loaded_at <= ${at}`;
  const { history } = shape;
  if (history === undefined) return live;
  const old = [...shape.columns.values()].map(({ name, sqlType }) =>
    history.columns.has(name) ? quoteName(name) : `NULL::${sqlType}`,
  );
  const place = quotePlace({ namespace: shape.namespace, table: history.table });
  return `${live} UNION ALL SELECT ${old.join(", ")} FROM ${place} WHERE _loaded_at <= ${at} AND _archived_at > ${at}`;
}
