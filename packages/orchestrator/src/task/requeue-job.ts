import { MillraceError } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type pg from "pg";
import { RUNS_CHANNEL } from "../queue/enqueue.ts";

/**
 * Queues a job once more that has failed, died or been cancelled: under its id, with all its attempts anew. Who asked is
 * recorded as a command. Fails with MLR_RUN_NOT_FOUND, or MLR_ARGUMENT_INVALID for one that goes on or has succeeded.
 */
export async function requeueJob(
  pool: pg.Pool,
  job: { readonly id: string; readonly by: string },
): Promise<void> {
  const { rows } = await pool.query<{ pipeline: string; status: string; again: boolean }>(REQUEUE, [
    job.id,
    newRunId(),
    job.by,
  ]);
  const [row] = rows;
  if (row === undefined) {
    throw new MillraceError("MLR_RUN_NOT_FOUND", `There is no job ${job.id}`, {
      hint: "`millrace task list` lists them.",
    });
  }
  if (row.again) return;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `Job ${job.id} cannot be queued again: it is ${row.status}`,
    {
      hint: "Jobs that have failed, died or been cancelled can; `millrace task dead` lists those.",
    },
  );
}

const REQUEUE = `
  WITH found AS (
    SELECT id, pipeline, status FROM millrace_control.runs WHERE id = $1 AND kind = 'task' FOR UPDATE
  ), again AS (
    UPDATE millrace_control.runs AS run SET status = 'queued', tries = 0, available_at = clock_timestamp(), ending = NULL,
      finished_at = NULL, duration_ms = NULL, worker = NULL, lease = NULL, progress = NULL, error = NULL,
      queued_at = clock_timestamp(), started_at = NULL, updated_at = clock_timestamp()
    FROM found WHERE run.id = found.id AND found.status IN ('failed', 'died', 'cancelled', 'stopped')
      AND run.payload IS NOT NULL
    RETURNING run.id
  ), recorded AS (
    INSERT INTO millrace_control.commands (id, kind, pipeline, run, requested_by, status, done_at, result)
    SELECT $2, 'restart', found.pipeline, found.id, $3, 'done', clock_timestamp(), 'queued' FROM found JOIN again USING (id)
  )
  SELECT found.pipeline, found.status, again.id IS NOT NULL AS again, pg_notify('${RUNS_CHANNEL}', '')
  FROM found LEFT JOIN again USING (id)`;
