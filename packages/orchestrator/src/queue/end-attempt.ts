import { publish, type PlatformEvent } from "@millrace/platform";
import type pg from "pg";
import { RUNS_CHANNEL } from "./enqueue.ts";
import { countOutcome } from "./count-outcome.ts";

/** What is known of a process that ended. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly peakMemoryBytes: number | null;
  readonly cpuMs: number | null;
  /** Errors that nobody caught. */
  readonly exceptions: number;
  readonly lastException: { readonly message: string; readonly stack?: string } | null;
}

/** Which attempts ended without a report: one that a worker saw end, or all of workers that are dead. */
export interface EndedAttempts {
  /** SQL condition on `run`, with $1 as its value. */
  readonly where: "claim" | "dead workers";
  readonly token?: string;
  /** What to say of it. */
  readonly reason: string;
  readonly end?: ProcessEnd;
  /** The run had no part in it: the attempt does not count. Default false. */
  readonly uncounted?: boolean;
}

/** What became of a run whose attempt ended. */
export interface AttemptEnd {
  readonly pipeline: string;
  readonly status: "queued" | "died" | "failed" | "stopped" | "cancelled";
}

interface EndedRow extends AttemptEnd {
  readonly id: string;
  readonly partition: string;
  readonly group_name: string | null;
  readonly tries: number;
  readonly worker: string | null;
  readonly duration_ms: string | null;
  readonly message: string;
}

/**
 * Ends attempts whose process is gone without having said how it went: the run is queued again while it has attempts left,
 * or ends as it was to end (cancelled, stopped, out of time), or has died. Returns what became of each. Safe to be called by
 * several at once: each attempt is ended once.
 */
export async function endAttempts(client: pg.ClientBase, ended: EndedAttempts): Promise<AttemptEnd[]> {
  const { end, reason, uncounted = false } = ended;
  const shared = [reason, ...endValues(end ?? UNKNOWN_END), uncounted];
  const { rows } =
    ended.where === "claim"
      ? await client.query<EndedRow>(END_CLAIM, [ended.token, ...shared])
      : await client.query<EndedRow>(END_DEAD, shared);
  for (const row of rows) {
    if (row.partition === "" && (row.status === "died" || row.status === "failed"))
      await countOutcome(client, row.pipeline, "failed");
  }
  await publish(
    client,
    rows.map((row) => eventOf(row, end)),
  );
  return rows.map(({ pipeline, status }) => ({ pipeline, status }));
}

const UNKNOWN_END: ProcessEnd = {
  exitCode: null,
  signal: null,
  peakMemoryBytes: null,
  cpuMs: null,
  exceptions: 0,
  lastException: null,
};

function endValues({ lastException, ...end }: ProcessEnd): unknown[] {
  const { exitCode, signal, peakMemoryBytes, cpuMs, exceptions } = end;
  const thrown = lastException === null ? null : JSON.stringify(lastException);
  return [exitCode, signal, peakMemoryBytes, cpuMs, exceptions, thrown];
}

function eventOf(row: EndedRow, end: ProcessEnd | undefined): PlatformEvent {
  const base = {
    at: new Date().toISOString(),
    pipeline: row.pipeline,
    group: row.group_name ?? undefined,
    run: row.id,
    worker: row.worker ?? undefined,
  };
  if (row.status === "queued" || row.status === "died") {
    return {
      ...base,
      type: "run.died",
      data: {
        reason: row.message,
        attempt: row.tries,
        requeued: row.status === "queued",
        exitCode: end?.exitCode,
        signal: end?.signal,
      },
    };
  }
  const error = row.status === "failed" ? { code: "MLR_RUN_TIMEOUT", message: row.message } : undefined;
  return {
    ...base,
    type: "run.finished",
    data: {
      status: row.status,
      counts: {},
      durationMs: Number(row.duration_ms ?? 0),
      attempt: row.tries,
      error,
    },
  };
}

/** Milliseconds before the next attempt; those of many jobs that failed together are spread. */
export const RETRY_DELAY = `least(run.retry_max_delay_ms, run.retry_delay_ms * power(2, least(run.tries, 30) - 1))
  * CASE WHEN run.kind = 'task' THEN 0.5 + random() ELSE 1 END`;

/** @param uncounted the parameter of that meaning */
const outcome = (
  uncounted: string,
): string => `CASE run.ending WHEN 'cancel' THEN 'cancelled' WHEN 'stop' THEN 'stopped'
    WHEN 'timeout' THEN CASE WHEN run.kind = 'task' AND run.tries < run.max_tries THEN 'queued' ELSE 'failed' END
  ELSE CASE WHEN run.tries < run.max_tries OR ${uncounted}::boolean THEN 'queued' ELSE 'died' END END`;

/** @param at number of the first parameter that both share: the reason */
function end(condition: string, at: number): string {
  const p = (offset: number): string => `$${at + offset}`;
  return `
  WITH gone AS (
    SELECT run.id, run.lease, run.worker, run.ending, ${outcome(p(7))} AS outcome FROM millrace_control.runs AS run
    WHERE run.status = 'running' AND ${condition} FOR UPDATE SKIP LOCKED
  ), freed AS (
    DELETE FROM millrace_control.leases AS held USING gone WHERE held.token = gone.lease
  ), ended AS (
    UPDATE millrace_control.runs AS run SET
      status = gone.outcome, lease = NULL,
      worker = CASE WHEN gone.outcome = 'queued' THEN NULL ELSE run.worker END, updated_at = clock_timestamp(),
      finished_at = CASE WHEN gone.outcome = 'queued' THEN NULL ELSE clock_timestamp() END,
      duration_ms = CASE WHEN gone.outcome = 'queued' THEN NULL
        ELSE extract(epoch FROM clock_timestamp() - run.started_at) * 1000 END,
      available_at = CASE WHEN gone.outcome = 'queued'
        THEN clock_timestamp() + ${RETRY_DELAY} * interval '1 millisecond' ELSE run.available_at END,
      tries = run.tries - CASE WHEN gone.outcome = 'queued' AND ${p(7)}::boolean THEN 1 ELSE 0 END,
      request = CASE WHEN gone.outcome = 'queued' THEN run.request END,
      ending = CASE WHEN gone.outcome = 'queued' THEN NULL ELSE run.ending END,
      exit_code = ${p(1)}, signal = ${p(2)},
      peak_memory_bytes = greatest(run.peak_memory_bytes, ${p(3)}::bigint),
      cpu_ms = coalesce(run.cpu_ms, 0) + coalesce(${p(4)}::bigint, 0),
      exceptions = run.exceptions + ${p(5)}::integer, last_exception = coalesce(${p(6)}::jsonb, run.last_exception),
      error = CASE WHEN gone.outcome IN ('stopped', 'cancelled') THEN NULL ELSE jsonb_build_object(
        'code', CASE WHEN gone.ending = 'timeout' THEN 'MLR_RUN_TIMEOUT' ELSE 'MLR_RUN_DIED' END, 'details', '{}'::jsonb,
        'retry', 'later', 'message', ${p(0)}::text,
        'hint', CASE WHEN run.kind = 'task' THEN 'Queue it again with "millrace task requeue" and its id.'
          ELSE 'What was committed stands. Run the pipeline again; it goes on from there.' END) END
    FROM gone WHERE run.id = gone.id
    RETURNING run.*, gone.worker AS held_by
  )
  SELECT ended.id, ended.pipeline, ended.partition, known.group_name, ended.status, ended.tries, ended.held_by AS worker, ended.duration_ms,
    ${p(0)}::text AS message, pg_notify('${RUNS_CHANNEL}', '')
  FROM ended LEFT JOIN millrace_control.pipelines AS known ON known.name = ended.pipeline`;
}

const END_CLAIM = end("run.lease = $1", 2);
const END_DEAD = end(
  `run.worker IS NOT NULL AND NOT EXISTS (
    SELECT FROM millrace_control.workers AS holder
    WHERE holder.id = run.worker AND millrace_control.worker_is_alive(holder))`,
  1,
);
