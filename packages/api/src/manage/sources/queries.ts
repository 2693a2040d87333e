import { MillraceError } from "@millrace/core";
import type pg from "pg";
import { instantSql } from "../shared/instant-sql.ts";
import type { SourceDetail, SourceItem } from "./schemas.ts";

/** The statuses of one kind, by pipeline. */
export async function listSources(pool: pg.Pool, kind: string): Promise<SourceItem[]> {
  const { rows } = await pool.query<SourceItem>(
    `SELECT ${COMMON}, source.status - '{channels,transitions,lastErrors,lastGaps,view}'::text[] AS status ${FROM}
     WHERE source.kind = $1 ORDER BY source.pipeline LIMIT 2000`,
    [kind],
  );
  return rows;
}

/** Fails with MLR_PIPELINE_NOT_FOUND. */
export async function getSource(pool: pg.Pool, kind: string, pipeline: string): Promise<SourceDetail> {
  const { rows } = await pool.query<SourceDetail>(
    `SELECT ${COMMON}, source.status ${FROM} WHERE source.kind = $1 AND source.pipeline = $2`,
    [kind, pipeline],
  );
  const [row] = rows;
  if (row !== undefined) return row;
  throw new MillraceError("MLR_PIPELINE_NOT_FOUND", `No ${kind} of the name "${pipeline}" has run yet`, {
    hint: "It is there as soon as its pipeline has run.",
  });
}

const COMMON = `source.pipeline, pipeline.group_name AS group, source.run, coalesce(run.status = 'running', false) AS running,
  coalesce(pipeline.enabled, false) AS enabled, ${instantSql("source.at")} AS at,
  greatest(0, extract(epoch FROM clock_timestamp() - source.at) * 1000)::float8 AS "ageMs"`;

const FROM = `FROM millrace_control.source_status AS source
  LEFT JOIN millrace_control.pipelines AS pipeline ON pipeline.name = source.pipeline
  LEFT JOIN millrace_control.runs AS run ON run.id = source.run`;
