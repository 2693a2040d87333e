import type pg from "pg";

/** One value of what is in the control database. */
export interface ControlValue {
  /** As docs/reference/metrics.md has it. */
  readonly name: ControlMetric;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What one process tells for all. */
export const CONTROL_METRICS = [
  "millrace_queue_runs",
  "millrace_queue_oldest_wait_seconds",
  "millrace_workers",
  "millrace_pipelines",
  "millrace_events_waiting",
  "millrace_events_lag_seconds",
  "millrace_notifications_waiting",
] as const;

export type ControlMetric = (typeof CONTROL_METRICS)[number];

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

/** Queues, workers, pipelines, events and messages, as they are now. */
export async function controlValues(pool: pg.Pool): Promise<ControlValue[]> {
  const [queues, totals] = await Promise.all([pool.query<QueueRow>(QUEUES), pool.query<TotalsRow>(TOTALS)]);
  const values = queues.rows.flatMap(
    ({ name: queue, oldest, ready, later, running, alive, draining, lost }): ControlValue[] => [
      ...byStatus("millrace_queue_runs", { ready, later, running }, { queue }),
      { name: "millrace_queue_oldest_wait_seconds", labels: { queue }, value: oldest },
      ...byStatus("millrace_workers", { alive, draining, lost }, { queue }),
    ],
  );
  const [row] = totals.rows;
  if (row === undefined) return values;
  const { enabled, disabled, paused } = row;
  return [
    ...values,
    ...byStatus("millrace_pipelines", { enabled, disabled, paused }),
    { name: "millrace_events_waiting", labels: {}, value: row.events },
    { name: "millrace_events_lag_seconds", labels: {}, value: row.lag },
    { name: "millrace_notifications_waiting", labels: {}, value: row.notifications },
  ];
}

function byStatus(
  name: ControlMetric,
  counts: Readonly<Record<string, number>>,
  labels: Readonly<Record<string, string>> = {},
): ControlValue[] {
  return Object.entries(counts).map(([status, value]) => ({ name, labels: { ...labels, status }, value }));
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
