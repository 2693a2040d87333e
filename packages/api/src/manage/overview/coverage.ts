import { MillraceError } from "@millrace/core";
import type pg from "pg";
import type { z } from "zod";
import { instantSql } from "../shared/instant-sql.ts";
import type { Coverage } from "./schemas.ts";

type CoverageAnswer = z.infer<typeof Coverage>;

/** Which partitions of a pipeline are known, and what became of each. Fails with MLR_PIPELINE_NOT_FOUND. */
export async function coverage(
  pool: pg.Pool,
  {
    pipeline,
    limit,
    after,
  }: { readonly pipeline: string; readonly limit: number; readonly after?: string | undefined },
): Promise<CoverageAnswer> {
  const known = await pool.query("SELECT FROM millrace_control.pipelines WHERE name = $1", [pipeline]);
  if (known.rowCount === 0) {
    throw new MillraceError("MLR_PIPELINE_NOT_FOUND", `There is no pipeline "${pipeline}"`, {
      hint: "GET /api/v1/pipelines lists them.",
    });
  }
  const { rows } = await pool.query<{ item: CoverageAnswer["partitions"][number] }>(COVERAGE, [
    pipeline,
    after ?? null,
    limit + 1,
  ]);
  const { rows: tables } = await pool.query<{ table_name: string }>(
    "SELECT table_name FROM millrace_control.collected_tables WHERE pipeline = $1 ORDER BY table_name LIMIT 500",
    [pipeline],
  );
  const partitions = rows.slice(0, limit).map(({ item }) => item);
  const last = partitions.at(-1);
  return {
    pipeline,
    tables: tables.map(({ table_name }) => table_name),
    partitions,
    ...(rows.length > limit && last !== undefined ? { next: last.partition } : {}),
  };
}

const COVERAGE = `
  SELECT json_build_object('partition', part.partition, 'startAt', ${instantSql("part.start_at")},
    'endAt', ${instantSql("part.end_at")}, 'run', part.run,
    'state', CASE WHEN run.status IN ('running', 'queued') THEN run.status WHEN part.succeeded_at IS NOT NULL THEN 'done'
      WHEN run.status IN ('failed', 'died') THEN 'failed' ELSE 'missing' END,
    'rows', coalesce((SELECT json_object_agg(volume.table_name, volume.inserted + volume.updated)
      FROM millrace_control.run_volumes AS volume WHERE volume.run = part.run), '{}')) AS item
  FROM millrace_control.backfill_partitions AS part LEFT JOIN millrace_control.runs AS run ON run.id = part.run
  WHERE part.pipeline = $1 AND ($2::text IS NULL OR part.partition > $2)
  ORDER BY part.partition LIMIT $3`;
