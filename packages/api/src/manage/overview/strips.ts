import type pg from "pg";
import type { z } from "zod";
import type { Fires } from "./fires.ts";
import type { JudgedPipeline } from "./pipeline-states.ts";
import type { Strip } from "./schemas.ts";

type StripItem = z.infer<typeof Strip>;

/** The last runs of each of these pipelines, and when it fires next. */
export async function strips(
  pool: pg.Pool,
  {
    pipelines,
    fires,
    now,
  }: { readonly pipelines: readonly JudgedPipeline[]; readonly fires: Fires; readonly now: number },
): Promise<StripItem[]> {
  const { rows } = await pool.query<{ name: string; runs: StripItem["runs"] }>(STRIPS, [
    pipelines.map(({ name }) => name),
  ]);
  const runs = new Map(rows.map((row) => [row.name, row.runs]));
  return pipelines.map(({ name, group, health, schedule, medianMs }) => {
    const fireable = schedule !== null && health !== "disabled" && health !== "paused";
    const next = fireable ? fires.next(name, schedule, now) : undefined;
    return {
      pipeline: name,
      group,
      health,
      timeZone: schedule?.timeZone ?? null,
      nextAt: next === undefined ? null : new Date(next).toISOString(),
      usualDurationMs: medianMs,
      runs: runs.get(name) ?? [],
    };
  });
}

const ISO = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Those that are over from their index alone; those that go on besides. */
const STRIPS = `
  SELECT given.name, coalesce(strip.runs, '[]') AS runs FROM unnest($1::text[]) AS given (name) CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object('id', id, 'status', status, 'startedAt', ${ISO("started_at")},
      'finishedAt', ${ISO("finished_at")}, 'durationMs', duration_ms) ORDER BY id) AS runs
    FROM (
      (SELECT id, status, started_at, finished_at, duration_ms FROM millrace_control.runs
        WHERE pipeline = given.name AND partition = '' AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 30)
      UNION ALL
      (SELECT id, status, started_at, finished_at, duration_ms FROM millrace_control.runs
        WHERE pipeline = given.name AND partition = '' AND status = 'running')
      ORDER BY id DESC LIMIT 30
    ) AS last_runs
  ) AS strip`;
