import { MillraceError } from "@millrace/core";
import { groupErrors } from "@millrace/platform";
import type pg from "pg";
import type { z } from "zod";
import { instantSql } from "../shared/instant-sql.ts";
import { pageOfRows } from "../shared/page-of-rows.ts";
import { cursorInstantSql, timeCursor, timeCursorSql } from "../shared/time-cursor.ts";
import { Where } from "../shared/where.ts";
import type { ErrorDetail, ErrorGroup, ErrorsPage, ErrorsQuery } from "./schemas.ts";

type Group = z.output<typeof ErrorGroup>;
/** What is wanted of a list of errors; other parts of the API list them too. */
type ErrorsFilter = Pick<z.output<typeof ErrorsQuery>, "limit"> & Partial<z.output<typeof ErrorsQuery>>;

const FINGERPRINT = /^[\da-f]{16}$/;

/** A page of errors by fingerprint, the latest first. */
export async function listErrors(pool: pg.Pool, query: ErrorsFilter): Promise<z.output<typeof ErrorsPage>> {
  await groupErrors(pool);
  const { rows } = await pool.query<Group & { cursor: string }>(...listStatement(query));
  return pageOfRows(rows, query.limit);
}

function listStatement({ pipeline, code, state, since, limit, after }: ErrorsFilter): [string, unknown[]] {
  const where = new Where();
  const of = pipeline === undefined ? undefined : where.value(pipeline);
  where.add("code = ?", code);
  where.add(`${STATE} = ?`, state);
  where.add("last_seen_at >= ?::timestamptz", since);
  const cursor = timeCursor(after, FINGERPRINT);
  if (cursor !== undefined) {
    const at = cursorInstantSql(where.value(cursor.micros));
    where.always(`(last_seen_at, fingerprint) < (${at}, ${where.value(cursor.id)})`);
  }
  return [
    `SELECT ${groupSql(of)}, ${timeCursorSql("last_seen_at", "fingerprint")} AS cursor
     FROM ${of === undefined ? "millrace_control.error_groups" : ofPipeline(of)} AS grouped WHERE ${where.sql}
     ORDER BY last_seen_at DESC, fingerprint DESC LIMIT ${where.value(limit + 1)}`,
    where.values,
  ];
}

/** One kind of error. Fails with MLR_ROUTE_NOT_FOUND where there is none of this fingerprint. */
export async function getError(pool: pg.Pool, fingerprint: string): Promise<z.output<typeof ErrorDetail>> {
  await groupErrors(pool);
  const { rows } = await pool.query<Group>(
    `SELECT ${groupSql(undefined)} FROM millrace_control.error_groups AS grouped WHERE fingerprint = $1`,
    [fingerprint],
  );
  const [group] = rows;
  if (group === undefined) {
    throw new MillraceError("MLR_ROUTE_NOT_FOUND", `There is no error ${fingerprint}`, {
      hint: "GET /api/v1/errors lists them. Old ones are pruned.",
    });
  }
  const days = await pool.query<{ day: string; count: number }>(DAYS, [fingerprint]);
  const runs = await pool.query<{ run: string; pipeline: string; at: string; message: string }>(RUNS, [
    fingerprint,
  ]);
  return { ...group, days: days.rows, runs: runs.rows };
}

const STATE = `
  CASE WHEN first_seen_at > clock_timestamp() - interval '1 day' THEN 'new'
    WHEN returned_at > clock_timestamp() - interval '1 day' THEN 'returned' ELSE 'known' END`;

/**
 * The errors of one pipeline as if no other had them: whoever asks may not be allowed to hear of others.
 * @param place of its name
 */
const ofPipeline = (place: string): string => `(
  SELECT known.fingerprint, known.code, known.summary, own.count, known.first_seen_at, own.last_seen_at, known.returned_at,
    own.last_run AS run, own.pipeline, CASE WHEN known.run = own.last_run THEN known.message ELSE coalesce((
      SELECT had.message FROM millrace_control.error_runs AS had
      WHERE had.fingerprint = own.fingerprint AND had.at = own.last_seen_at AND had.run = own.last_run), known.summary) END AS message,
    CASE WHEN known.run = own.last_run THEN known.hint END AS hint,
    CASE WHEN known.run = own.last_run THEN known.stack END AS stack
  FROM millrace_control.error_pipelines AS own JOIN millrace_control.error_groups AS known USING (fingerprint)
  WHERE own.pipeline = ${place})`;

/** @param pipeline place of the only one that is told of */
const groupSql = (pipeline: string | undefined): string => `
  fingerprint, code, summary AS message, count::float8 AS count, ${instantSql("first_seen_at")} AS "firstSeenAt",
  ${instantSql("last_seen_at")} AS "lastSeenAt", ${STATE} AS state, (
    SELECT coalesce(jsonb_agg(jsonb_build_object('pipeline', pipeline, 'count', count, 'lastSeenAt', ${instantSql("last_seen_at")})
      ORDER BY last_seen_at DESC, pipeline), '[]')
    FROM (
      SELECT pipeline, count, last_seen_at FROM millrace_control.error_pipelines AS own
      WHERE own.fingerprint = grouped.fingerprint ${pipeline === undefined ? "" : `AND own.pipeline = ${pipeline}`}
      ORDER BY last_seen_at DESC, pipeline LIMIT 20) AS latest
  ) AS pipelines,
  jsonb_build_object('run', run, 'pipeline', pipeline, 'at', ${instantSql("last_seen_at")}, 'message', grouped.message,
    'hint', hint, 'stack', stack) AS sample`;

const DAYS = `
  SELECT to_char(day, 'YYYY-MM-DD') AS day, count::float8 AS count FROM millrace_control.error_days AS each_day
  WHERE fingerprint = $1 AND each_day.day > (clock_timestamp() AT TIME ZONE 'UTC')::date - 30 ORDER BY each_day.day`;

const RUNS = `
  SELECT run, pipeline, ${instantSql("at")} AS at, message FROM millrace_control.error_runs AS had
  WHERE fingerprint = $1 ORDER BY had.at DESC, run DESC LIMIT 50`;
