import type pg from "pg";
import type { z } from "zod";
import { badCursor } from "../shared/bad-cursor.ts";
import { addLogFilter } from "../shared/log-filter.ts";
import { LEVEL_RANK, LOG_ITEM, LOOKED_THROUGH } from "../shared/log-line-sql.ts";
import type { PageRow } from "../shared/page-text.ts";
import { Where } from "../shared/where.ts";
import type { LogsQuery } from "./schemas.ts";

/** Which lines are wanted. */
export type LogsFilter = Pick<z.output<typeof LogsQuery>, "limit"> & Partial<z.output<typeof LogsQuery>>;

/** A page of the lines of all runs as JSON text, newest first. Looks through a limited number of lines, see `LogsPage`. */
export async function listLogs(pool: pg.Pool, query: LogsFilter): Promise<string> {
  const { rows, boundary } = await lookFor(pool, query);
  const shown = rows.slice(0, query.limit);
  const next = rows.length > query.limit ? shown.at(-1)?.key : boundary;
  const searchedTo = next === undefined ? null : millisecondsOf(next);
  const items = shown.map(({ item }) => item).join(",");
  return `{"items":[${items}],${next === undefined ? "" : `"next":${JSON.stringify(next)},`}"searchedTo":${JSON.stringify(searchedTo)}}`;
}

interface Look {
  readonly rows: readonly PageRow[];
  /** The line that it ended at; undefined where none was left. */
  readonly boundary: string | undefined;
}

/** Lines that are looked through at first: most often enough, and found by a plan that is made for few. */
const NEAR = 2_000;

async function lookFor(pool: pg.Pool, query: LogsFilter): Promise<Look> {
  const near = await lookThrough(pool, query, NEAR);
  if (near.rows.length > query.limit || near.boundary === undefined) return near;
  return lookThrough(pool, query, LOOKED_THROUGH);
}

async function lookThrough(pool: pg.Pool, query: LogsFilter, lines: number): Promise<Look> {
  const place = bounds(query);
  const filter = filters(query, place.values);
  const { rows } = await pool.query<PageRow>(
    pageSql({ place: place.sql, filter: filter.sql, limit: place.value(query.limit + 1), lines }),
    place.values,
  );
  if (rows.length > query.limit || filter.empty) return { rows, boundary: undefined };
  return { rows, boundary: await lookedTo(pool, query, lines) };
}

/** What an index finds: the time, where the page before ended, and that only what is bad is wanted. */
function bounds({ after, from, to, level }: LogsFilter): Where {
  const where = new Where();
  where.add("line.at >= ?::timestamptz", from);
  where.add("line.at < ?::timestamptz", to);
  if (level !== undefined && LEVEL_RANK[level] >= LEVEL_RANK.warn) where.always("line.level >= 40");
  if (after === undefined) return where;
  const { at, id } = cursorOf(after);
  const instant = where.value(at);
  where.always(`line.at <= ${instant}::timestamptz`);
  where.always(`(line.at, line.id) < (${instant}::timestamptz, ${where.value(id)}::uuid)`);
  return where;
}

/** What every line that was found is asked. @param values where the statement has its values */
function filters(query: LogsFilter, values: unknown[]): Where {
  const where = new Where(values);
  addLogFilter(where, { search: query.search, level: query.level === "warn" ? undefined : query.level });
  where.add("line.pipeline = ?", query.pipeline);
  where.add('line."group" = ?', query.group);
  where.add("line.worker = ?", query.worker);
  return where;
}

const ORDER = "ORDER BY line.at DESC, line.id DESC";
const KEY = `to_char(line.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '_' || line.id`;

interface PageParts {
  readonly place: string;
  readonly filter: string;
  readonly limit: string;
  readonly lines: number;
}

function pageSql({ place, filter, limit, lines }: PageParts): string {
  return `SELECT ${KEY} AS key, ${LOG_ITEM}::text AS item FROM (
      SELECT * FROM millrace_control.logs AS line WHERE ${place} ${ORDER} LIMIT ${lines}) AS line
    WHERE ${filter} ${ORDER} LIMIT ${limit}`;
}

/** The line that a request ended its look at; undefined where none was left. */
async function lookedTo(pool: pg.Pool, query: LogsFilter, lines: number): Promise<string | undefined> {
  const place = bounds(query);
  const { rows } = await pool.query<{ key: string }>(
    `SELECT ${KEY} AS key FROM millrace_control.logs AS line WHERE ${place.sql} ${ORDER}
     OFFSET ${lines - 1} LIMIT 1`,
    place.values,
  );
  return rows[0]?.key;
}

const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)_([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/;

function cursorOf(after: string): { readonly at: string; readonly id: string } {
  const [, at, id] = CURSOR.exec(after) ?? [];
  if (at === undefined || id === undefined || !isInstant(at)) throw badCursor(after);
  return { at, id };
}

/** Whether there is such a day and time: `Date` makes March of a 30th of February. */
function isInstant(at: string): boolean {
  const ms = Date.parse(at);
  return at >= "1970" && !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 19) === at.slice(0, 19);
}

/** The instant of a cursor, to the millisecond. */
function millisecondsOf(cursor: string): string {
  return `${cursor.slice(0, cursor.indexOf("Z") - 3)}Z`;
}
