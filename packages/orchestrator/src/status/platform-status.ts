import type { Schedule } from "@millrace/core";
import type pg from "pg";

/** A pipeline as the registry and its runs show it. */
export interface PipelineStatus {
  readonly name: string;
  readonly group: string | null;
  readonly schedule: Schedule | null;
  readonly parents: readonly string[];
  /** `enabled`, `disabled` or `paused`. */
  readonly state: "enabled" | "disabled" | "paused";
  /** Why it is disabled. */
  readonly reason: string | null;
  /** In a row. */
  readonly failures: number;
  /** ISO 8601; the last fire that was seen to. */
  readonly lastDueAt: string | null;
  /** Its latest run; null: none yet. */
  readonly lastRun: {
    readonly id: string;
    readonly status: string;
    readonly finishedAt: string | null;
  } | null;
  /** Runs that wait, and that go on. */
  readonly queued: number;
  readonly running: number;
}

/** A queue with what waits in it and what goes on. */
export interface QueueStatus {
  readonly name: string;
  readonly queued: number;
  /** Of those, how many may be started now. */
  readonly ready: number;
  readonly running: number;
  /** Milliseconds that the one that waits longest has waited. */
  readonly longestWaitMs: number | null;
  /** Workers that take runs from it, and their slots. */
  readonly workers: number;
  readonly slots: number;
}

/** A worker that is registered. */
export interface WorkerStatus {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly queues: readonly string[];
  readonly labels: readonly string[];
  readonly slots: number;
  readonly running: number;
  readonly draining: boolean;
  readonly alive: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** Who keeps the schedules; null: nobody. */
export interface LeaderStatus {
  readonly host: string;
  readonly pid: number;
  readonly since: string;
}

export async function schedulerStatus(pool: pg.Pool): Promise<LeaderStatus | null> {
  const { rows } = await pool.query<{ host: string; pid: number; since: Date }>(
    "SELECT host, pid, since FROM millrace_control.leaders WHERE name = 'scheduler' AND expires_at > clock_timestamp()",
  );
  const [row] = rows;
  return row === undefined ? null : { ...row, since: row.since.toISOString() };
}

export async function workerStatus(pool: pg.Pool): Promise<WorkerStatus[]> {
  const { rows } = await pool.query<Omit<WorkerStatus, "startedAt"> & { started_at: Date }>(
    `SELECT worker.id, worker.host, worker.pid, worker.version, worker.queues, worker.labels, worker.slots, worker.draining,
       millrace_control.worker_is_alive(worker) AS alive, worker.started_at,
       (SELECT count(*)::int FROM millrace_control.runs AS run WHERE run.status = 'running' AND run.worker = worker.id) AS running
     FROM millrace_control.workers AS worker ORDER BY worker.host, worker.started_at`,
  );
  return rows.map(({ started_at, ...row }) => ({ ...row, startedAt: started_at.toISOString() }));
}

export async function queueStatus(pool: pg.Pool): Promise<QueueStatus[]> {
  const { rows } = await pool.query<QueueStatus>(
    `WITH named AS (
       SELECT queue AS name FROM millrace_control.runs WHERE status IN ('queued', 'running')
       UNION SELECT unnest(queues) FROM millrace_control.workers
       UNION SELECT limits->>'queue' FROM millrace_control.pipelines WHERE retired_at IS NULL
     )
     SELECT named.name, coalesce(run.queued, 0)::int AS queued, coalesce(run.ready, 0)::int AS ready,
       coalesce(run.running, 0)::int AS running, run.wait::float8 AS "longestWaitMs",
       coalesce(worker.count, 0)::int AS workers, coalesce(worker.slots, 0)::int AS slots
     FROM named LEFT JOIN LATERAL (
       SELECT count(*) FILTER (WHERE status = 'queued') AS queued, count(*) FILTER (WHERE status = 'running') AS running,
         count(*) FILTER (WHERE status = 'queued' AND available_at <= clock_timestamp()) AS ready,
         floor(extract(epoch FROM clock_timestamp() - min(available_at)
           FILTER (WHERE status = 'queued' AND available_at <= clock_timestamp())) * 1000) AS wait
       FROM millrace_control.runs WHERE queue = named.name AND status IN ('queued', 'running')
     ) AS run ON true LEFT JOIN LATERAL (
       SELECT count(*), sum(slots) AS slots FROM millrace_control.workers AS each_worker
       WHERE named.name = ANY (queues) AND NOT draining AND millrace_control.worker_is_alive(each_worker)
     ) AS worker ON true ORDER BY named.name`,
  );
  return rows;
}

export async function pipelineStatus(pool: pg.Pool): Promise<PipelineStatus[]> {
  const { rows } = await pool.query<
    Omit<PipelineStatus, "lastDueAt" | "lastRun"> & {
      last_due_at: Date | null;
      run: string | null;
      run_status: string;
      finished_at: Date | null;
    }
  >(
    `SELECT known.name, known.group_name AS "group", known.schedule, known.parents, known.disabled_reason AS reason,
       CASE WHEN known.paused_at IS NOT NULL THEN 'paused' WHEN coalesce(known.enabled, known.declared_enabled) THEN 'enabled'
         ELSE 'disabled' END AS state,
       known.failures, known.last_due_at, latest.id AS run, latest.status AS run_status, latest.finished_at,
       (SELECT count(*)::int FROM millrace_control.runs WHERE status = 'queued' AND pipeline = known.name) AS queued,
       (SELECT count(*)::int FROM millrace_control.runs WHERE status = 'running' AND pipeline = known.name) AS running
     FROM millrace_control.pipelines AS known LEFT JOIN LATERAL (
       SELECT id, status, finished_at FROM millrace_control.runs AS run
       WHERE run.pipeline = known.name ORDER BY id DESC LIMIT 1
     ) AS latest ON true
     WHERE known.retired_at IS NULL ORDER BY known.group_name NULLS FIRST, known.name`,
  );
  return rows.map(({ last_due_at, run, run_status, finished_at, ...row }) => ({
    ...row,
    lastDueAt: last_due_at?.toISOString() ?? null,
    lastRun:
      run === null ? null : { id: run, status: run_status, finishedAt: finished_at?.toISOString() ?? null },
  }));
}
