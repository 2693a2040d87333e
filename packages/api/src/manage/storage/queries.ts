import { sampleStorage } from "@millrace/platform";
import type { z } from "zod";
import type { ApiContext } from "../../server/api-context.ts";
import { instantSql } from "../shared/instant-sql.ts";
import { collectedSizes } from "./collected-sizes.ts";
import type { ControlTable, ObjectStorage, StorageAnswer, StorageDay } from "./schemas.ts";

type Due = z.output<typeof StorageAnswer>["retention"]["due"];

/** Sizes now, their samples, and what is due to go. */
export async function readStorage(
  context: Pick<ApiContext, "pool" | "tables" | "installation">,
): Promise<z.output<typeof StorageAnswer>> {
  const { pool, installation } = context;
  const { retention } = installation;
  const collected = await collectedSizes(context);
  await sampleStorage(
    pool,
    collected.flatMap(({ table, location, bytes, rows }) =>
      bytes === null ? [] : [{ place: location, name: table, bytes, rows: rows ?? 0 }],
    ),
  );
  const control = (await pool.query<z.output<typeof ControlTable>>(CONTROL)).rows;
  const objects = (await pool.query<z.output<typeof ObjectStorage>>(OBJECTS)).rows;
  const growth = (await pool.query<z.output<typeof StorageDay>>(GROWTH)).rows;
  const due = (await pool.query<Due[number]>(DUE, [retention.keepDays])).rows;
  return {
    controlBytes: control.reduce((sum, { bytes }) => sum + bytes, 0),
    control,
    collected,
    objects,
    growth,
    bytesPerDay: perDay(growth),
    retention: { ...retention, due },
  };
}

/** Growth of the control tables a day; null where there is one sample alone. */
function perDay(growth: readonly z.output<typeof StorageDay>[]): number | null {
  const [first, last] = [growth[0], growth.at(-1)];
  if (first === undefined || last === undefined || first.day === last.day) return null;
  const days = (Date.parse(last.day) - Date.parse(first.day)) / 86_400_000;
  return (last.controlBytes - first.controlBytes) / days;
}

/** Partitions of the log count as one table. */
const CONTROL = `
  SELECT regexp_replace(relname, '^logs_.*$', 'logs') AS table, sum(pg_total_relation_size(oid))::float8 AS bytes,
    sum(pg_table_size(oid))::float8 AS "rowsBytes", sum(pg_indexes_size(oid))::float8 AS "indexBytes",
    sum(greatest(reltuples, 0))::float8 AS rows
  FROM pg_class WHERE relnamespace = 'millrace_control'::regnamespace AND relkind = 'r' GROUP BY 1 ORDER BY 2 DESC, 1`;

const OBJECTS = `
  WITH kinds AS (
    SELECT place, kind, count(*)::float8 AS objects, sum(bytes)::float8 AS bytes
    FROM millrace_control.stored_objects GROUP BY place, kind
  )
  SELECT place, coalesce((SELECT sum(objects) FROM kinds WHERE kinds.place = places.place), 0)::float8 AS objects,
    coalesce((SELECT sum(bytes) FROM kinds WHERE kinds.place = places.place), 0)::float8 AS bytes,
    contents::float8, stored_bytes::float8 AS "storedBytes", quota_bytes::float8 AS "quotaBytes",
    due_objects::float8 AS "dueObjects", due_bytes::float8 AS "dueBytes", held_objects::float8 AS "heldObjects",
    ${instantSql("looked_at")} AS "lookedAt",
    coalesce((SELECT json_agg(json_build_object('kind', kind, 'objects', objects, 'bytes', bytes) ORDER BY bytes DESC, kind)
      FROM kinds WHERE kinds.place = places.place), '[]') AS kinds
  FROM millrace_control.storage_places AS places ORDER BY place`;

const GROWTH = `
  SELECT to_char(day, 'YYYY-MM-DD') AS day, coalesce(sum(bytes) FILTER (WHERE place = 'control'), 0)::float8 AS "controlBytes",
    coalesce(sum(bytes) FILTER (WHERE place <> 'control'), 0)::float8 AS "collectedBytes"
  FROM millrace_control.storage_samples
  WHERE day > (clock_timestamp() AT TIME ZONE 'UTC')::date - 90 GROUP BY storage_samples.day ORDER BY storage_samples.day`;

/** The oldest row of each table that is pruned by time, by an index. */
const DUE = `
  SELECT name AS table, ${instantSql("oldest")} AS "oldestAt",
    CASE WHEN $1::integer > 0 THEN ${instantSql("(oldest + make_interval(days => $1::integer))")} END AS "dueAt"
  FROM (
    SELECT 'runs' AS name, (SELECT min(finished_at) FROM millrace_control.runs WHERE finished_at IS NOT NULL) AS oldest
    UNION ALL SELECT 'logs', (SELECT min(at) FROM millrace_control.logs)
    UNION ALL SELECT 'events', (SELECT min(at) FROM millrace_control.events)
    UNION ALL SELECT 'commands', (SELECT min(requested_at) FROM millrace_control.commands)
    UNION ALL SELECT 'notifications', (SELECT min(created_at) FROM millrace_control.notifications)
    UNION ALL SELECT 'quality_results', (SELECT min(at) FROM millrace_control.quality_results)
    UNION ALL SELECT 'function_calls', (SELECT min(at) FROM millrace_control.function_calls)
    UNION ALL SELECT 'run_objects', (SELECT min(at) FROM millrace_control.run_objects)
    UNION ALL SELECT 'files', (SELECT min(at) FROM millrace_control.files)
    UNION ALL SELECT 'metrics', (SELECT min(at) FROM millrace_control.metrics)
    UNION ALL SELECT 'error_runs', (SELECT min(at) FROM millrace_control.error_runs)
  ) AS each_one ORDER BY oldest NULLS LAST, name`;
