import type pg from "pg";
import type { z } from "zod";
import type { JudgedPipeline } from "./pipeline-states.ts";
import type { FreshnessItem } from "./schemas.ts";

type Item = z.infer<typeof FreshnessItem>;

/** Of every table of these pipelines, how old its data are against what is to be expected; the longest late first. */
export async function freshness(
  pool: pg.Pool,
  pipelines: readonly JudgedPipeline[],
  now: number,
): Promise<Item[]> {
  const known = new Map(pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const { rows } = await pool.query<Row>(TABLES);
  const items = rows.flatMap((row) => {
    const pipeline = known.get(row.pipeline);
    return pipeline === undefined ? [] : [itemOf(row, pipeline, now)];
  });
  return items.toSorted(
    (a, b) =>
      (b.lateMs ?? -1) - (a.lateMs ?? -1) || compare(a.pipeline, b.pipeline) || compare(a.table, b.table),
  );
}

interface Row {
  readonly pipeline: string;
  readonly table_name: string;
  readonly last_row_at: Date | null;
  readonly running_at: Date | null;
}

function itemOf(row: Row, pipeline: JudgedPipeline, now: number): Item {
  const { expected, success } = pipeline;
  const state = stateOf(pipeline, now);
  const lastRowAt = Math.max(row.last_row_at?.getTime() ?? 0, row.running_at?.getTime() ?? 0);
  return {
    pipeline: row.pipeline,
    table: row.table_name,
    group: pipeline.group,
    state,
    lastRowAt: lastRowAt === 0 ? null : new Date(lastRowAt).toISOString(),
    lastLoadedAt: success === null ? null : new Date(success.finishedAt).toISOString(),
    expectedAt: expected === undefined ? null : new Date(expected.by).toISOString(),
    dueAt: expected === undefined ? null : new Date(expected.dueAt).toISOString(),
    lateMs: state === "late" && expected !== undefined ? now - expected.by : null,
    usualDurationMs: pipeline.medianMs,
  };
}

/** A pipeline that fails is late only when its data are due, and then whatever else is said of it. */
function stateOf({ enabled, paused, expected, runningSince }: JudgedPipeline, now: number): Item["state"] {
  if (!enabled) return "disabled";
  if (paused) return "paused";
  if (expected === undefined) return runningSince === null ? "unscheduled" : "fresh";
  return now > expected.by ? "late" : "fresh";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const TABLES = `
  SELECT known.pipeline, known.table_name, volume.at AS last_row_at, busy.at AS running_at
  FROM (
    SELECT pipeline, table_name FROM millrace_control.collected_tables
    UNION SELECT pipeline, table_name FROM millrace_control.run_tables WHERE status = 'running'
  ) AS known
    LEFT JOIN LATERAL (
      SELECT at FROM millrace_control.run_volumes AS volume
      WHERE volume.pipeline = known.pipeline AND volume.table_name = known.table_name AND inserted + updated > 0
      ORDER BY at DESC LIMIT 1
    ) AS volume ON true
    LEFT JOIN (
      SELECT run.pipeline, counted.key AS table_name, max(run.updated_at) AS at FROM millrace_control.runs AS run
        CROSS JOIN LATERAL jsonb_each(run.counts) AS counted
      WHERE run.status = 'running'
        AND coalesce((counted.value ->> 'inserted')::bigint, 0) + coalesce((counted.value ->> 'updated')::bigint, 0) > 0
      GROUP BY run.pipeline, counted.key
    ) AS busy ON busy.pipeline = known.pipeline AND busy.table_name = known.table_name
  -- A hundred thousand tables are more than anybody looks at.
  LIMIT 100000`;
