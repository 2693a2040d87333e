import type pg from "pg";
import type { Metrics } from "./metrics.ts";

/** Values that are younger are not asked for again, however often somebody scrapes. */
const FRESH_MS = 2_000;

export interface WatchControl {
  readonly pool: pg.Pool;
  /** Whether this process is the one that tells of all of them: queues, workers, events. Default: it never is. */
  readonly leads?: () => boolean;
}

interface QueueRow {
  readonly name: string;
  readonly ready: number;
  readonly later: number;
  readonly running: number;
  readonly oldest: number;
  readonly alive: number;
  readonly draining: number;
  readonly lost: number;
}

interface TotalsRow {
  readonly enabled: number;
  readonly disabled: number;
  readonly paused: number;
  readonly events: number;
  readonly lag: number;
  readonly notifications: number;
}

const LED = [
  "millrace_queue_runs",
  "millrace_queue_oldest_wait_seconds",
  "millrace_workers",
  "millrace_pipelines",
  "millrace_events_waiting",
  "millrace_events_lag_seconds",
  "millrace_notifications_waiting",
] as const;

/** Tells of the control database, and where this process leads, of what is in it. Returns what ends it. */
export function watchControl(metrics: Metrics, { pool, leads = () => false }: WatchControl): () => void {
  let asking: Promise<void> | undefined;
  let asked = -Infinity;
  return metrics.onCollect(() => {
    tellPool(metrics, pool);
    if (!leads()) for (const name of LED) metrics.clear(name);
    if (asking === undefined && performance.now() - asked >= FRESH_MS) {
      asking = ask(metrics, pool, leads).finally(() => {
        asked = performance.now();
        asking = undefined;
      });
    }
    return asking;
  });
}

function tellPool(metrics: Metrics, pool: pg.Pool): void {
  const connections = {
    busy: pool.totalCount - pool.idleCount,
    idle: pool.idleCount,
    waiting: pool.waitingCount,
  };
  for (const [status, count] of Object.entries(connections)) {
    metrics.set("millrace_database_connections", count, { status });
  }
}

async function ask(metrics: Metrics, pool: pg.Pool, leads: () => boolean): Promise<void> {
  // Until it answers, it does not.
  const late = setTimeout(() => metrics.set("millrace_database_up", 0), 1_500);
  try {
    if (leads()) await askAll(metrics, pool);
    else await pool.query("SELECT 1");
    metrics.set("millrace_database_up", 1);
  } catch {
    metrics.set("millrace_database_up", 0);
    for (const name of LED) metrics.clear(name);
  } finally {
    clearTimeout(late);
  }
}

async function askAll(metrics: Metrics, pool: pg.Pool): Promise<void> {
  const [queues, totals] = await Promise.all([pool.query<QueueRow>(QUEUES), pool.query<TotalsRow>(TOTALS)]);
  for (const name of LED) metrics.clear(name);
  for (const { name: queue, oldest, ready, later, running, alive, draining, lost } of queues.rows) {
    for (const [status, count] of Object.entries({ ready, later, running })) {
      metrics.set("millrace_queue_runs", count, { queue, status });
    }
    metrics.set("millrace_queue_oldest_wait_seconds", oldest, { queue });
    for (const [status, count] of Object.entries({ alive, draining, lost })) {
      metrics.set("millrace_workers", count, { queue, status });
    }
  }
  const [row] = totals.rows;
  if (row === undefined) return;
  const { enabled, disabled, paused } = row;
  for (const [status, count] of Object.entries({ enabled, disabled, paused })) {
    metrics.set("millrace_pipelines", count, { status });
  }
  metrics.set("millrace_events_waiting", row.events);
  metrics.set("millrace_events_lag_seconds", row.lag);
  metrics.set("millrace_notifications_waiting", row.notifications);
}

const QUEUES = `
  WITH named AS (
    SELECT queue AS name FROM millrace_control.runs WHERE status IN ('queued', 'running')
    UNION SELECT unnest(queues) FROM millrace_control.workers
    UNION SELECT limits->>'queue' FROM millrace_control.pipelines WHERE retired_at IS NULL
  )
  SELECT named.name, run.ready, run.later, run.running, run.oldest, worker.alive, worker.draining, worker.lost
  FROM named CROSS JOIN LATERAL (
    SELECT (count(*) FILTER (WHERE status = 'queued' AND available_at <= clock_timestamp()))::int AS ready,
      (count(*) FILTER (WHERE status = 'queued' AND available_at > clock_timestamp()))::int AS later,
      (count(*) FILTER (WHERE status = 'running'))::int AS running,
      greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(available_at) FILTER (WHERE status = 'queued')), 0))::float8
        AS oldest
    FROM millrace_control.runs WHERE queue = named.name AND status IN ('queued', 'running')
  ) AS run CROSS JOIN LATERAL (
    SELECT (count(*) FILTER (WHERE alive AND NOT draining))::int AS alive,
      (count(*) FILTER (WHERE alive AND draining))::int AS draining, (count(*) FILTER (WHERE NOT alive))::int AS lost
    FROM (
      SELECT draining, millrace_control.worker_is_alive(one) AS alive
      FROM millrace_control.workers AS one WHERE named.name = ANY (queues)
    ) AS each_worker
  ) AS worker WHERE named.name IS NOT NULL`;

const TOTALS = `
  SELECT (count(*) FILTER (WHERE paused_at IS NULL AND coalesce(enabled, declared_enabled)))::int AS enabled,
    (count(*) FILTER (WHERE paused_at IS NULL AND NOT coalesce(enabled, declared_enabled)))::int AS disabled,
    (count(*) FILTER (WHERE paused_at IS NOT NULL))::int AS paused,
    (SELECT count(*)::int FROM millrace_control.notifications WHERE status IN ('queued', 'sending')) AS notifications,
    (SELECT count(*)::int FROM millrace_control.events
      WHERE seq > (SELECT min(seq) FROM millrace_control.event_cursors)) AS events,
    (SELECT greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0))::float8 FROM millrace_control.events
      WHERE seq > (SELECT min(seq) FROM millrace_control.event_cursors)) AS lag
  FROM millrace_control.pipelines WHERE retired_at IS NULL`;
