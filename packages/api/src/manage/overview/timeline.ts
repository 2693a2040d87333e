import type pg from "pg";
import type { z } from "zod";
import { instantSql } from "../shared/instant-sql.ts";
import type { Fires } from "./fires.ts";
import type { JudgedPipeline } from "./pipeline-states.ts";
import type { Timeline } from "./schemas.ts";

type TimelineAnswer = z.infer<typeof Timeline>;
type Lane = TimelineAnswer["items"][number];

/** Which time, and whose. */
export interface TimelineWindow {
  readonly pipelines: readonly JudgedPipeline[];
  readonly from: number;
  readonly now: number;
  readonly to: number;
}

const RUNS = 200;
const FIRES = 100;

/** What ran of these pipelines, and what comes. */
export async function lanes(pool: pg.Pool, fires: Fires, window: TimelineWindow): Promise<Lane[]> {
  const { pipelines, from } = window;
  const { rows } = await pool.query<{ name: string; runs: Lane["runs"] }>(LANES, [
    pipelines.map(({ name }) => name),
    new Date(from),
  ]);
  const runs = new Map(rows.map((row) => [row.name, row.runs]));
  return pipelines.map((pipeline) => ({
    pipeline: pipeline.name,
    group: pipeline.group,
    runs: marked(runs.get(pipeline.name) ?? []),
    fires: firesOf(pipeline, fires, window),
  }));
}

/** A run overlaps where the one before it in its partition had not ended when it was due. */
function marked(runs: readonly Lane["runs"][number][]): Lane["runs"] {
  let before: string | null = null;
  return runs.map((run) => {
    const due = run.dueAt ?? run.queuedAt;
    const overlaps = due !== null && before !== null && due < before;
    before = run.finishedAt ?? run.startedAt ?? before;
    return { ...run, overlaps };
  });
}

/** Fires that come, as long as the pipeline may run. */
function firesOf(pipeline: JudgedPipeline, fires: Fires, { now, to }: TimelineWindow): Lane["fires"] {
  const { schedule, health, medianMs, runningSince } = pipeline;
  if (schedule === null || health === "disabled" || health === "paused") return [];
  const next = fires.next(pipeline.name, schedule, now);
  if (next === undefined || next > to) return [];
  const due = [next, ...fires.list(schedule, next, FIRES - 1)].filter((ms) => ms <= to);
  let free = runningSince === null ? now : Math.max(now, runningSince + (medianMs ?? 0));
  return due.map((ms) => {
    const overlaps = ms < free;
    if (medianMs !== null) free = Math.max(free, ms) + medianMs;
    return {
      dueAt: new Date(ms).toISOString(),
      expectedEndAt: medianMs === null ? null : new Date(free).toISOString(),
      overlaps,
    };
  });
}

/** The ones that are over from their index alone. */
const LANES = `
  SELECT given.name, coalesce(lane.runs, '[]') AS runs FROM unnest($1::text[]) AS given (name) CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object('id', id, 'status', status, 'partition', '', 'dueAt', ${instantSql("due_at")},
      'queuedAt', ${instantSql("queued_at")}, 'startedAt', ${instantSql("started_at")},
      'finishedAt', ${instantSql("finished_at")},
      'waitMs', greatest(0, round(extract(epoch FROM
        coalesce(started_at, clock_timestamp()) - greatest(available_at, queued_at)) * 1000)),
      'overlaps', false) ORDER BY id) AS runs
    FROM (
      SELECT * FROM (
        SELECT id, status, due_at, queued_at, available_at, started_at, finished_at FROM millrace_control.runs
        WHERE pipeline = given.name AND partition = '' AND finished_at IS NOT NULL ORDER BY id DESC LIMIT ${RUNS}
      ) AS over WHERE finished_at > $2::timestamptz
      UNION ALL
      (SELECT id, status, due_at, queued_at, available_at, started_at, finished_at FROM millrace_control.runs
        WHERE pipeline = given.name AND partition = '' AND status = 'running')
      UNION ALL
      (SELECT id, status, due_at, queued_at, available_at, started_at, finished_at FROM millrace_control.runs
        WHERE pipeline = given.name AND partition = '' AND status = 'queued' AND available_at < clock_timestamp() + interval '2 days'
        ORDER BY id LIMIT 20)
    ) AS found
  ) AS lane`;

/** Steps of the load. */
const STEPS = 48;

/** How many runs of all pipelines went on and waited at the same time, step by step; what lies ahead is what is expected. */
export async function load(
  pool: pg.Pool,
  { from, now, to, pipelines }: TimelineWindow,
  fires: Fires,
): Promise<Pick<TimelineAnswer, "load" | "slots">> {
  const stepMs = (to - from) / STEPS;
  const { rows } = await pool.query<{ step: number; running: number; waiting: number }>(LOAD, [
    new Date(from),
    new Date(now),
    stepMs / 1_000,
  ]);
  const { rows: found } = await pool.query<{ slots: number }>(SLOTS);
  const past = new Map(rows.map((row) => [row.step, row]));
  const ahead = expectedLoad({ from, now, to, pipelines }, fires, stepMs);
  return {
    slots: found[0]?.slots ?? 0,
    load: Array.from({ length: STEPS }, (_, step) => {
      const at = from + step * stepMs;
      const expected = at >= now;
      return {
        at: new Date(Math.round(at)).toISOString(),
        running: expected ? (ahead[step] ?? 0) : (past.get(step)?.running ?? 0),
        waiting: expected ? 0 : (past.get(step)?.waiting ?? 0),
        expected,
      };
    }),
  };
}

/** Fires of each pipeline that are counted one by one; of those that fire more often the rest is taken to go on like that. */
const COUNTED = 50;

function expectedLoad({ from, now, to, pipelines }: TimelineWindow, fires: Fires, stepMs: number): number[] {
  const steps = Array.from({ length: STEPS }, () => 0);
  for (const { name, schedule, health, medianMs } of pipelines) {
    if (schedule === null || medianMs === null || health === "disabled" || health === "paused") continue;
    const next = fires.next(name, schedule, now);
    if (next === undefined || next > to) continue;
    const due = [next, ...fires.list(schedule, next, COUNTED - 1)];
    const last = due.at(-1) ?? next;
    const every = due.length < COUNTED ? undefined : (last - next) / (COUNTED - 1);
    for (const ms of due) if (ms <= to) spread(steps, { from, stepMs, start: ms, end: ms + medianMs });
    if (every !== undefined && every > 0)
      for (let ms = last + every; ms <= to; ms += every)
        spread(steps, { from, stepMs, start: ms, end: ms + medianMs });
  }
  return steps.map((value) => Math.round(value * 100) / 100);
}

function spread(
  steps: number[],
  {
    from,
    stepMs,
    start,
    end,
  }: { readonly from: number; readonly stepMs: number; readonly start: number; readonly end: number },
): void {
  const first = Math.max(0, Math.floor((start - from) / stepMs));
  for (let step = first; step < STEPS && from + step * stepMs < end; step++) {
    const begin = from + step * stepMs;
    const share = (Math.min(end, begin + stepMs) - Math.max(start, begin)) / stepMs;
    steps[step] = (steps[step] ?? 0) + Math.max(0, share);
  }
}

/** Time spent running and waiting within each step, divided by its length. */
const LOAD = `
  WITH run AS (
    SELECT started_at, finished_at, NULL::timestamptz AS ready_at FROM millrace_control.runs
    WHERE finished_at > $1::timestamptz AND finished_at IS NOT NULL AND started_at IS NOT NULL
    UNION ALL
    SELECT started_at, $2::timestamptz, NULL FROM millrace_control.runs WHERE status = 'running' AND started_at < $2
    UNION ALL
    (SELECT $2::timestamptz, $2::timestamptz, available_at FROM millrace_control.runs
      WHERE status = 'queued' AND available_at < $2 LIMIT 10000)
  ), spent AS (
    SELECT step, sum(extract(epoch FROM least(finished_at, ends) - greatest(started_at, begins)))
        FILTER (WHERE finished_at > begins AND started_at < ends) AS running,
      sum(extract(epoch FROM least($2::timestamptz, ends) - greatest(ready_at, begins)))
        FILTER (WHERE ready_at < ends) AS waiting
    FROM run CROSS JOIN LATERAL (
      SELECT step, $1::timestamptz + step * $3::float8 * interval '1 second' AS begins,
        $1::timestamptz + (step + 1) * $3::float8 * interval '1 second' AS ends
      FROM generate_series(
        greatest(0, floor(extract(epoch FROM coalesce(ready_at, started_at) - $1::timestamptz) / $3::float8))::int,
        least(${STEPS - 1}, floor(extract(epoch FROM finished_at - $1::timestamptz) / $3::float8))::int) AS each (step)
    ) AS steps GROUP BY step
  )
  SELECT step, round((coalesce(running, 0) / $3::float8)::numeric, 2)::float8 AS running,
    round((coalesce(waiting, 0) / $3::float8)::numeric, 2)::float8 AS waiting
  FROM spent ORDER BY step`;

const SLOTS = `
  SELECT coalesce(sum(slots), 0)::int AS slots FROM millrace_control.workers AS worker
  WHERE NOT draining AND millrace_control.worker_is_alive(worker)`;
