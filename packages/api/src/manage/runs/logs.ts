import type pg from "pg";
import type { z } from "zod";
import { noRun } from "../shared/known-run.ts";
import { addLogFilter } from "../shared/log-filter.ts";
import { LOG_ITEM, LOOKED_THROUGH } from "../shared/log-line-sql.ts";
import { Where } from "../shared/where.ts";
import type { RunLogsQuery } from "./schemas.ts";

type Query = z.output<typeof RunLogsQuery>;

/** A page of a run's lines as JSON text: the last ones, those in front of a position, or those behind one. */
export async function runLogs(pool: pg.Pool, id: string, query: Query): Promise<string> {
  const run = await timesOf(pool, id);
  const look = await lookAt(pool, id, run, query);
  const full = look.rows.length > query.limit;
  const shown = full ? look.rows.slice(0, query.limit) : look.rows;
  const forward = query.after !== undefined;
  const last = shown.at(-1)?.position;
  // Where the page is not full, all of what was looked through is known.
  const reached = full ? last : (look.boundary ?? undefined);
  const items = (forward ? shown : shown.toReversed()).map(({ item }) => item).join(",");
  const page = forward
    ? forwardPage(query.after ?? 0, shown[0]?.position, reached, look.head)
    : backwardPage(query.before, reached, look.head);
  return `{"items":[${items}],${JSON.stringify(page).slice(1)}`;
}

function forwardPage(
  after: number,
  first: number | undefined,
  reached: number | undefined,
  head: number,
): object {
  const before = first ?? after + 1;
  return {
    before: before <= 1 ? null : before,
    after: reached ?? Math.max(after, head),
    more: reached !== undefined,
  };
}

function backwardPage(before: number | undefined, reached: number | undefined, head: number): object {
  return {
    before: reached ?? null,
    after: before === undefined ? head : Math.max(0, before - 1),
    more: before !== undefined && before <= head,
  };
}

interface Times {
  readonly first: Date | null;
  readonly last: Date | null;
}

interface Look {
  readonly rows: readonly { readonly position: number; readonly item: string }[];
  /** The last position that was looked at, where there is more behind it that was not. */
  readonly boundary: number | null;
  /** The highest position of the run in the same moment. */
  readonly head: number;
}

/** When a run's lines were written, so that other days are not looked at. */
async function timesOf(pool: pg.Pool, id: string): Promise<Times> {
  const { rows } = await pool.query<Times>(
    `SELECT least(queued_at, started_at) - interval '1 day' AS first, finished_at + interval '2 days' AS last
     FROM millrace_control.runs WHERE id = $1`,
    [id],
  );
  if (rows[0] === undefined) throw noRun(id);
  return rows[0];
}

async function lookAt(pool: pg.Pool, id: string, { first, last }: Times, query: Query): Promise<Look> {
  const forward = query.after !== undefined;
  const order = `ORDER BY position ${forward ? "ASC" : "DESC"}`;
  const lines = new Where();
  lines.add("line.run = ?::uuid", id);
  lines.add("line.at >= ?::timestamptz", first ?? undefined);
  lines.add("line.at <= ?::timestamptz", last ?? undefined);
  const all = lines.sql;
  lines.add("line.position > ?::bigint", query.after);
  lines.add("line.position < ?::bigint", query.before);
  const filter = new Where(lines.values);
  addLogFilter(filter, query);
  const limit = lines.value(query.limit + 1);
  const from = `FROM millrace_control.logs AS line`;
  // The boundary is only worth its cost where lines are left out.
  const boundary = filter.empty
    ? "NULL::bigint"
    : `(SELECT line.position ${from} WHERE ${lines.sql} ${order} OFFSET ${LOOKED_THROUGH - 1} LIMIT 1)`;
  const { rows } = await pool.query<{
    position: string | null;
    item: string;
    boundary: string | null;
    head: string;
  }>(
    `WITH found AS (
       SELECT line.position, ${LOG_ITEM}::text AS item FROM (
         SELECT * ${from} WHERE ${lines.sql} ${order} LIMIT ${LOOKED_THROUGH}) AS line
       WHERE ${filter.sql} ${order} LIMIT ${limit})
     SELECT found.*, coalesce((SELECT max(line.position) ${from} WHERE ${all}), 0) AS head,
       CASE WHEN (SELECT count(*) FROM found) < ${limit} THEN ${boundary} END AS boundary
     FROM (VALUES (1)) AS one LEFT JOIN found ON true ${order}`,
    lines.values,
  );
  const [one] = rows;
  return {
    rows: rows.flatMap(({ position, item }) =>
      position === null ? [] : [{ position: Number(position), item }],
    ),
    boundary: one?.boundary == null ? null : Number(one.boundary),
    head: Number(one?.head ?? 0),
  };
}
