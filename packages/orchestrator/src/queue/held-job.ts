import type { Json, RunReport, TaskProgress } from "@millrace/core";
import { storableJson } from "@millrace/platform";
import type pg from "pg";
import type { Claim } from "./claim.ts";
import { type ProcessEnd, RETRY_DELAY } from "./end-attempt.ts";
import { RUNS_CHANNEL } from "./enqueue.ts";

/** Records how far a run is; false where the claim is lost. */
export async function recordProgress(
  database: pg.Pool,
  job: {
    readonly id: string;
    readonly token: string;
    readonly progress: TaskProgress | Readonly<Record<string, Json>>;
  },
): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE millrace_control.runs SET progress = $3, updated_at = clock_timestamp()
     WHERE id = $1 AND lease = $2 AND status = 'running'`,
    [job.id, job.token, storableJson(job.progress)],
  );
  return rowCount === 1;
}

/** Keeps what a job returned. What it was given is needed no more where it succeeded, and otherwise to be queued again. */
export async function keepResult(
  client: pg.ClientBase,
  job: { readonly id: string; readonly succeeded: boolean; readonly result: string | undefined },
): Promise<void> {
  await client.query(
    `UPDATE millrace_control.runs SET result = $2, payload = CASE WHEN $3 THEN NULL ELSE payload END WHERE id = $1`,
    [job.id, job.succeeded ? (job.result ?? "null") : null, job.succeeded],
  );
}

/** Queues a job that failed once more; returns milliseconds until then, undefined where its attempts are used up or the claim is lost. */
export async function queueJobAgain(
  client: pg.ClientBase,
  failed: {
    readonly claim: Claim;
    readonly error: NonNullable<RunReport["error"]>;
    readonly end: ProcessEnd;
  },
): Promise<number | undefined> {
  const { claim, error, end } = failed;
  const { rows } = await client.query<{ delay_ms: number }>(AGAIN, [
    claim.id,
    claim.token,
    storableJson(error),
    end.exitCode,
    end.signal,
    end.peakMemoryBytes,
    end.cpuMs,
    end.exceptions,
    end.lastException === null ? null : storableJson(end.lastException),
  ]);
  return rows[0]?.delay_ms;
}

/** One that is to be cancelled or stopped is not tried again. */
const AGAIN = `
  WITH again AS (
    SELECT run.id, run.lease, ceil(${RETRY_DELAY})::int AS delay_ms FROM millrace_control.runs AS run
    WHERE run.id = $1 AND run.lease = $2 AND run.status = 'running' AND run.tries < run.max_tries
      AND run.ending IS DISTINCT FROM 'cancel' AND run.ending IS DISTINCT FROM 'stop'
    FOR UPDATE
  ), freed AS (
    DELETE FROM millrace_control.leases AS held USING again WHERE held.token = again.lease
  ), queued AS (
    UPDATE millrace_control.runs AS run SET status = 'queued', lease = NULL, worker = NULL, ending = NULL,
      available_at = clock_timestamp() + again.delay_ms * interval '1 millisecond', updated_at = clock_timestamp(),
      error = $3, exit_code = $4, signal = $5, peak_memory_bytes = greatest(run.peak_memory_bytes, $6::bigint),
      cpu_ms = coalesce(run.cpu_ms, 0) + coalesce($7::bigint, 0), exceptions = run.exceptions + $8::integer,
      last_exception = coalesce($9::jsonb, run.last_exception)
    FROM again WHERE run.id = again.id
  )
  SELECT delay_ms, pg_notify('${RUNS_CHANNEL}', '') FROM again`;
