import type pg from "pg";
import type { z } from "zod";
import { instantSql } from "../shared/instant-sql.ts";
import type { RunningItem } from "./schemas.ts";

type Item = z.infer<typeof RunningItem>;

/** Runs that go on, those that began last first. */
export async function running(pool: pg.Pool, limit: number): Promise<Item[]> {
  const { rows } = await pool.query<{ item: Item }>(RUNNING, [limit]);
  return rows.map(({ item }) => item);
}

const whole = (field: string): string => `(run.progress ->> '${field}')::float8::bigint`;
const number = (field: string): string => `(run.progress ->> '${field}')::float8`;

/** `progress` is what a task says (done, total, note), or what a pipeline's process was seen to do. */
const RUNNING = `
  SELECT json_build_object(
    'run', run.id, 'pipeline', run.pipeline, 'partition', run.partition, 'kind', run.kind, 'group', known.group_name,
    'startedAt', ${instantSql("run.started_at")},
    'elapsedMs', greatest(0, round(extract(epoch FROM clock_timestamp() - coalesce(run.started_at, clock_timestamp())) * 1000)),
    'usualDurationMs', done.median_ms,
    'share', least(1, greatest(0, coalesce(
      ${number("done")} / nullif(${number("total")}, 0),
      ${number("rows")} / nullif(${number("totalRows")}, 0),
      ${number("bytes")} / nullif(${number("totalBytes")}, 0)))),
    'note', run.progress ->> 'note',
    'rows', greatest(coalesce(${whole("rows")}, 0), count.read), 'totalRows', ${whole("totalRows")},
    'bytes', ${whole("bytes")}, 'totalBytes', ${whole("totalBytes")}, 'rowsPerSecond', ${number("rowsPerSecond")},
    'memoryBytes', ${whole("memoryBytes")}, 'memoryLimitBytes', run.memory_mb::bigint * 1048576,
    'cpuShare', ${number("cpuShare")},
    'inserted', count.inserted, 'updated', count.updated, 'removed', count.removed, 'rejected', count.rejected,
    'committedAt', ${instantSql("run.updated_at")}, 'worker', run.worker, 'host', run.host, 'ending', run.ending) AS item
  FROM millrace_control.runs AS run
    LEFT JOIN millrace_control.pipelines AS known ON known.name = run.pipeline
    LEFT JOIN millrace_control.pipeline_outcomes AS done ON done.pipeline = run.pipeline
    CROSS JOIN LATERAL (
      SELECT coalesce(sum((value ->> 'read')::bigint), 0)::bigint AS read,
        coalesce(sum((value ->> 'inserted')::bigint), 0)::bigint AS inserted,
        coalesce(sum((value ->> 'updated')::bigint), 0)::bigint AS updated,
        coalesce(sum((value ->> 'removed')::bigint), 0)::bigint AS removed,
        coalesce(sum((value ->> 'rejected')::bigint), 0)::bigint AS rejected
      FROM jsonb_each(run.counts)
    ) AS count
  WHERE run.status = 'running' ORDER BY run.started_at DESC, run.id DESC LIMIT $1`;
