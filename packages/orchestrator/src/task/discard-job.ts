import { MillraceError } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type pg from "pg";

/**
 * Takes a job that has failed or died out of the dead letters: it counts as cancelled, and what it was given is forgotten.
 * Who asked is recorded as a command. Fails with MLR_RUN_NOT_FOUND, or MLR_ARGUMENT_INVALID for one that is no dead letter.
 */
export async function discardJob(
  pool: pg.Pool,
  job: { readonly id: string; readonly by: string },
): Promise<void> {
  const { rows } = await pool.query<{ status: string; discarded: boolean }>(DISCARD, [
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
  if (row.discarded) return;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `Job ${job.id} is no dead letter: it is ${row.status}`, {
    hint: "Jobs that have failed or died can be discarded; `millrace task dead` lists those.",
  });
}

const DISCARD = `
  WITH found AS (
    SELECT id, pipeline, status FROM millrace_control.runs WHERE id = $1 AND kind = 'task' FOR UPDATE
  ), discarded AS (
    UPDATE millrace_control.runs AS run SET status = 'cancelled', payload = NULL, updated_at = clock_timestamp()
    FROM found WHERE run.id = found.id AND found.status IN ('failed', 'died') RETURNING run.id
  ), recorded AS (
    INSERT INTO millrace_control.commands (id, kind, pipeline, run, requested_by, status, done_at, result)
    SELECT $2, 'discard', found.pipeline, found.id, $3, 'done', clock_timestamp(), 'discarded'
    FROM found JOIN discarded USING (id)
  )
  SELECT found.status, discarded.id IS NOT NULL AS discarded FROM found LEFT JOIN discarded USING (id)`;
