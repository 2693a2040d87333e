import { MillraceError } from "@millrace/core";
import type { Grant } from "../exposure/grant.ts";
import { compileFilter } from "../filter/compile-filter.ts";
import type { Filter } from "../filter/filter.ts";
import { Parameters } from "../filter/parameters.ts";
import { needVersions } from "../history/need-versions.ts";
import { visibleKey } from "../query/key-condition.ts";
import type { CursorValues } from "../query/cursors.ts";
import type { Statement } from "../rows/statement.ts";
import { quoteName, quotePlace } from "../schema/quote.ts";

/** Which changes. */
export interface ChangesQuery {
  /** Behind this place: a time in ISO 8601 alone, or with the key of the last change that was seen. Undefined: from the first one on. */
  readonly after: CursorValues | undefined;
  /** Only of rows for which it holds, before or after. */
  readonly filter: Filter | null;
  readonly limit: number;
}

/** A change as the statement gives it. */
export interface ChangeRow {
  readonly operation: "inserted" | "updated" | "removed";
  /** Time of the commit in ISO 8601. */
  readonly at: string;
  /** Names of the columns that changed. */
  readonly fields: readonly string[] | null;
  /** The row after the change, of a removed one before it: JSON text. */
  readonly row: string;
  /** Place of the change, as `after` takes it. */
  readonly place: readonly string[];
}

/**
 * Compiles what happened to the rows of a table, in order of commits. A row that an update brings into what the caller may see
 * is told as inserted, one that it takes out of it as removed. Fails with MLR_ARGUMENT_INVALID for a table that keeps no
 * versions, or shows no key.
 */
export function compileChanges(grant: Grant, { after, filter, limit }: ChangesQuery): Statement {
  needVersions(grant);
  const key = visibleKey(grant);
  const parameters = new Parameters();
  const sql = new ChangesSql(grant, filter, parameters);
  const names = key.map(quoteName);
  const since = after?.[0] ?? undefined;
  const from = since === undefined ? undefined : `${parameters.add(since)}::timestamptz`;
  const parts = [sql.begun(from), ...(grant.shape.history === undefined ? [] : [sql.ended(from)])];
  const place = ["a.at", ...names.map((name) => `a.${name}`)];
  const behind = after === undefined ? "" : ` WHERE ${behindSql(grant, { key, after, place, parameters })}`;
  const row = [...grant.columns.keys()].map((name) => `a.${quoteName(name)}`).join(", ");
  const text = `SELECT a.operation, to_json(a.at)#>>'{}' AS at, a.fields, (SELECT to_json(x)::text FROM (SELECT ${row}) x) AS row,
  ARRAY[${place.map((each) => `${each}::text`).join(", ")}] AS place
FROM (${parts.join("\nUNION ALL\n")}) a${behind} ORDER BY ${place.join(", ")} LIMIT ${limit}`;
  return { text, values: parameters.values };
}

interface Behind {
  readonly key: readonly string[];
  readonly after: CursorValues;
  readonly place: readonly string[];
  readonly parameters: Parameters;
}

function behindSql({ shape }: Grant, { key, after, place, parameters }: Behind): string {
  const [at, ...values] = after;
  if (at === null || at === undefined || (values.length > 0 && values.length !== key.length)) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "The cursor is not one of this table's changes");
  }
  const time = `${parameters.add(at)}::timestamptz`;
  if (values.length === 0) return `${place[0]} > ${time}`;
  const given = key.map(
    (name, index) => `${parameters.add(values[index])}::${shape.columns.get(name)?.sqlType ?? "text"}`,
  );
  return `(${place.join(", ")}) > (${[time, ...given].join(", ")})`;
}

/** The two halves of what happened: versions that began, and rows that ended without another version. */
class ChangesSql {
  readonly #grant: Grant;
  readonly #filter: Filter | null;
  readonly #parameters: Parameters;

  constructor(grant: Grant, filter: Filter | null, parameters: Parameters) {
    this.#grant = grant;
    this.#filter = filter;
    this.#parameters = parameters;
  }

  begun(from: string | undefined): string {
    const { shape } = this.#grant;
    const later = from === undefined ? "" : ` AND v._loaded_at >= ${from}`;
    const columns = this.#columns("v");
    const versions = this.#versions();
    const { history } = shape;
    const shown = this.#visible("v");
    if (history === undefined) {
      return `SELECT 'inserted'::text AS operation, v._loaded_at AS at, NULL::text[] AS fields, ${columns} FROM (${versions}) v WHERE ${shown}${later}`;
    }
    const before = this.#olds("b");
    const seen = this.#parameters.add([...this.#grant.columns.keys()]);
    const fields = `ARRAY(SELECT c FROM unnest(p._changed) c WHERE c = ANY(${seen}::text[]))`;
    // An update of columns alone that are not shown is none to who asks.
    return `SELECT CASE WHEN p._changed IS NULL THEN 'inserted' ELSE 'updated' END::text AS operation, v._loaded_at AS at,
  CASE WHEN p._changed IS NOT NULL THEN ${fields} END AS fields, ${columns}
FROM (${versions}) v LEFT JOIN LATERAL (SELECT b._changed FROM (${before}) b
  WHERE ${this.#sameKey("b", "v")} AND b._archived_at = v._loaded_at AND b._operation = 'update' AND ${this.#visible("b")} LIMIT 1) p ON true
WHERE ${shown}${later} AND (p._changed IS NULL OR ${fields} <> '{}')`;
  }

  ended(from: string | undefined): string {
    const later = from === undefined ? "" : ` AND h._archived_at >= ${from}`;
    const limited = this.#grant.rows !== null || this.#filter !== null;
    const gone = limited
      ? `(h._operation = 'remove' OR NOT EXISTS (SELECT FROM (${this.#versions()}) v WHERE ${this.#sameKey("v", "h")} AND v._loaded_at = h._archived_at AND ${this.#visible("v")}))`
      : "h._operation = 'remove'";
    return `SELECT 'removed'::text, h._archived_at, NULL::text[], ${this.#columns("h")} FROM (${this.#olds("h")}) h WHERE ${this.#visible("h")} AND ${gone}${later}`;
  }

  #columns(alias: string): string {
    return [...this.#grant.shape.columns.keys()].map((name) => `${alias}.${quoteName(name)}`).join(", ");
  }

  #sameKey(a: string, b: string): string {
    return this.#grant.shape.key
      .map((name) => `${a}.${quoteName(name)} = ${b}.${quoteName(name)}`)
      .join(" AND ");
  }

  #visible(alias: string): string {
    const { rows, shape, columns } = this.#grant;
    const parameters = this.#parameters;
    const parts = [
      ...(rows === null ? [] : [compileFilter(rows, { alias, columns: shape.columns, parameters })]),
      ...(this.#filter === null ? [] : [compileFilter(this.#filter, { alias, columns, parameters })]),
    ];
    return parts.length === 0 ? "true" : parts.join(" AND ");
  }

  /** Every version of every row. */
  #versions(): string {
    const { shape } = this.#grant;
    const live = `SELECT ${this.#columns("t")} FROM ${quotePlace(shape)} t`;
    return shape.history === undefined
      ? live
      : `${live} UNION ALL SELECT ${this.#past("o")} FROM ${this.#historyPlace()} o`;
  }

  /** Old versions with what is kept about them. */
  #olds(alias: string): string {
    const inner = `${alias}_o`;
    return `SELECT ${this.#past(inner)}, ${["_changed", "_archived_at", "_operation"].map((name) => `${inner}.${name}`).join(", ")} FROM ${this.#historyPlace()} ${inner}`;
  }

  #past(alias: string): string {
    const kept = this.#grant.shape.history?.columns;
    return [...this.#grant.shape.columns.values()]
      .map(({ name, sqlType }) =>
        kept?.has(name) === true ? `${alias}.${quoteName(name)}` : `NULL::${sqlType} AS ${quoteName(name)}`,
      )
      .join(", ");
  }

  #historyPlace(): string {
    const { shape } = this.#grant;
    return quotePlace({ namespace: shape.namespace, table: shape.history?.table ?? "" });
  }
}
