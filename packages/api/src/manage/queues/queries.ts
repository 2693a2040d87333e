import type pg from "pg";
import type { z } from "zod";
import type { QueuesAnswer } from "./schemas.ts";

interface QueueRow {
  readonly name: string;
  readonly queued: number;
  readonly ready: number;
  readonly running: number;
  readonly oldestWaitMs: number | null;
  readonly workers: number;
  readonly slots: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly runs: number;
  readonly retries: number;
  readonly deadLetters: number;
}

/** Every queue that is named by a run, a worker or a pipeline. */
export async function listQueues(pool: pg.Pool): Promise<z.output<typeof QueuesAnswer>> {
  const { rows } = await pool.query<QueueRow>(QUEUES);
  return {
    items: rows.map(({ p50Ms, p95Ms, p99Ms, runs, ...queue }) => ({
      ...queue,
      startLatency: { p50Ms, p95Ms, p99Ms, runs },
    })),
  };
}

/** Ids of runs begin with the milliseconds at which they were queued, so that the latest are found by their ids alone. */
const QUEUES = `
  WITH open AS (
    SELECT queue, count(*) FILTER (WHERE status = 'queued') AS queued, count(*) FILTER (WHERE status = 'running') AS running,
      count(*) FILTER (WHERE status = 'queued' AND available_at <= clock_timestamp()) AS ready,
      min(available_at) FILTER (WHERE status = 'queued' AND available_at <= clock_timestamp()) AS oldest
    FROM (
      -- One by one, because each state has an index of its own.
      SELECT queue, status, available_at FROM millrace_control.runs WHERE status = 'queued'
      UNION ALL SELECT queue, status, available_at FROM millrace_control.runs WHERE status = 'running'
    ) AS unfinished GROUP BY queue
  ), recent AS (
    SELECT queue, tries, greatest(0, extract(epoch FROM started_at - greatest(available_at, queued_at)) * 1000)::float8 AS waited
    FROM (
      SELECT queue, tries, started_at, available_at, queued_at FROM millrace_control.runs
      -- now(), since the index is of no use for a bound that may change from row to row, as clock_timestamp() does.
      WHERE id >= (lpad(to_hex((extract(epoch FROM now() - interval '1 hour') * 1000)::bigint), 12, '0')
        || repeat('0', 20))::uuid
      ORDER BY id DESC LIMIT 5000
    ) AS latest
    WHERE started_at IS NOT NULL AND queued_at IS NOT NULL
  ), measured AS (
    -- What was begun more than once has the time of its last attempt, which tells nothing of its first.
    SELECT queue, count(*) AS runs, count(*) FILTER (WHERE tries > 1) AS retries,
      percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY waited) FILTER (WHERE tries <= 1) AS waits
    FROM recent GROUP BY queue
  ), dead AS (
    SELECT queue, count(*) AS count FROM (
      SELECT queue FROM millrace_control.runs WHERE kind = 'task' AND status IN ('failed', 'died') ORDER BY id DESC LIMIT 10000
    ) AS letters GROUP BY queue
  ), served AS (
    SELECT queue, count(*) AS workers, sum(slots) AS slots
    FROM millrace_control.workers AS worker CROSS JOIN LATERAL unnest(worker.queues) AS of_worker (queue)
    WHERE NOT draining AND millrace_control.worker_is_alive(worker) GROUP BY queue
  ), named AS (
    SELECT queue AS name FROM open UNION SELECT queue FROM dead UNION SELECT queue FROM served UNION SELECT queue FROM measured
    UNION SELECT limits->>'queue' FROM millrace_control.pipelines WHERE retired_at IS NULL
    UNION SELECT limits->>'queue' FROM millrace_control.tasks WHERE retired_at IS NULL
  )
  SELECT named.name, coalesce(open.queued, 0)::int AS queued, coalesce(open.ready, 0)::int AS ready,
    coalesce(open.running, 0)::int AS running,
    greatest(0, floor(extract(epoch FROM clock_timestamp() - open.oldest) * 1000))::float8 AS "oldestWaitMs",
    coalesce(served.workers, 0)::int AS workers, coalesce(served.slots, 0)::int AS slots,
    measured.waits[1] AS "p50Ms", measured.waits[2] AS "p95Ms", measured.waits[3] AS "p99Ms",
    coalesce(measured.runs, 0)::int AS runs, coalesce(measured.retries, 0)::int AS retries,
    coalesce(dead.count, 0)::int AS "deadLetters"
  FROM named LEFT JOIN open ON open.queue = named.name LEFT JOIN measured ON measured.queue = named.name
    LEFT JOIN dead ON dead.queue = named.name LEFT JOIN served ON served.queue = named.name
  WHERE named.name IS NOT NULL ORDER BY named.name LIMIT 1000`;
