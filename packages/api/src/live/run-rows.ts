import type pg from "pg";
import { instantSql } from "../manage/shared/instant-sql.ts";
import type { RunPatch } from "./messages.ts";

/** A run with all fields that patches have. */
export type RunState = Required<RunPatch>;

/** What is looked at. */
export interface LookAtRuns {
  /** Runs that something was told of. */
  readonly ids: readonly string[];
  /** The database's time from which on records of runs that go on may have been written unseen; absent: those are not looked for. */
  readonly since?: Date | undefined;
  /** The same of runs that ended; absent: those are not looked for. */
  readonly endedSince?: Date | undefined;
}

/** Runs as they are now, and the database's time. One statement, however many follow them. */
export async function runRows(
  pool: pg.Pool,
  { ids, since, endedSince }: LookAtRuns,
): Promise<{ readonly now: Date; readonly runs: readonly RunState[] }> {
  const { rows } = await pool.query<{ now: Date; run: RunState | null }>(CHANGED, [
    ids,
    since ?? null,
    endedSince ?? null,
  ]);
  const [row] = rows;
  if (row === undefined) throw new Error("PostgreSQL answered without a row");
  return { now: row.now, runs: rows.flatMap(({ run }) => (run === null ? [] : [run])) };
}

const number = (field: string): string => `(run.progress ->> '${field}')::float8`;
const whole = (field: string): string => `${number(field)}::bigint`;

const CHANGED = `
  SELECT clock.now, found.run FROM (SELECT clock_timestamp() AS now) AS clock LEFT JOIN (
    SELECT json_build_object(
      'id', run.id, 'pipeline', run.pipeline, 'partition', run.partition, 'kind', run.kind, 'status', run.status,
      'trigger', run.trigger, 'queuedAt', ${instantSql("run.queued_at")}, 'startedAt', ${instantSql("run.started_at")},
      'finishedAt', ${instantSql("run.finished_at")}, 'durationMs', run.duration_ms, 'attempt', run.tries,
      'worker', run.worker, 'ending', run.ending, 'rows', greatest(coalesce(${whole("rows")}, 0), count.read),
      'inserted', count.inserted, 'updated', count.updated, 'removed', count.removed, 'rejected', count.rejected,
      'rowsPerSecond', ${number("rowsPerSecond")}, 'totalRows', ${whole("totalRows")}, 'bytes', ${whole("bytes")},
      'totalBytes', ${whole("totalBytes")}, 'memoryBytes', ${whole("memoryBytes")}, 'cpuShare', ${number("cpuShare")},
      'done', ${number("done")}, 'total', ${number("total")}, 'note', run.progress ->> 'note',
      'error', CASE WHEN run.error IS NOT NULL THEN json_build_object(
        'code', coalesce(run.error ->> 'code', 'MLR_INTERNAL'), 'message', coalesce(left(run.error ->> 'message', 2000), '')) END
    ) AS run
    FROM (
      SELECT id FROM millrace_control.runs WHERE status = 'running' AND updated_at > $2::timestamptz
      UNION SELECT unnest($1::uuid[])
      UNION (SELECT id FROM millrace_control.runs WHERE finished_at > $3::timestamptz AND finished_at IS NOT NULL
        ORDER BY finished_at DESC LIMIT 2000)
    ) AS changed JOIN millrace_control.runs AS run ON run.id = changed.id CROSS JOIN LATERAL (
      SELECT coalesce(sum((value ->> 'read')::bigint), 0)::bigint AS read,
        coalesce(sum((value ->> 'inserted')::bigint), 0)::bigint AS inserted,
        coalesce(sum((value ->> 'updated')::bigint), 0)::bigint AS updated,
        coalesce(sum((value ->> 'removed')::bigint), 0)::bigint AS removed,
        coalesce(sum((value ->> 'rejected')::bigint), 0)::bigint AS rejected
      FROM jsonb_each(run.counts)
    ) AS count
  ) AS found ON true`;
