import { MillraceError } from "@millrace/core";
import type { z } from "zod";
import type { ApiContext } from "../../server/api-context.ts";
import { instantSql } from "../shared/instant-sql.ts";
import { knownPipeline } from "./known-pipeline.ts";
import type { PipelineStats, PipelineStatsQuery } from "./schemas.ts";

/** Runs that are counted, the newest ones. */
const MOST = 5_000;

/** A pipeline's runs by hour or day, oldest first. */
export async function pipelineStats(
  { pool }: Pick<ApiContext, "pool">,
  name: string,
  { days, bucket, timeZone }: z.output<typeof PipelineStatsQuery>,
): Promise<z.output<typeof PipelineStats>> {
  checkTimeZone(timeZone);
  await knownPipeline(pool, name);
  const { rows } = await pool.query<{ stats: z.output<typeof PipelineStats> }>(STATS, [
    name,
    days,
    bucket,
    timeZone,
  ]);
  return rows[0]?.stats ?? { items: [], since: null };
}

/** The names that Node knows are those that PostgreSQL knows. Fails with MLR_ARGUMENT_INVALID. */
function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone }).format();
  } catch (cause) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `"timeZone" in the query is no time zone: ${timeZone}`, {
      hint: "Give an IANA name such as Europe/Berlin.",
      details: { in: "query", field: "timeZone" },
      cause,
    });
  }
}

const sum = (field: string): string => `coalesce(sum(rows.${field}), 0) AS ${field}`;
const COUNTED = ["read", "inserted", "updated", "removed", "rejected"] as const;

const STATS = `
  WITH newest AS (
    SELECT id, status, started_at, duration_ms, counts FROM millrace_control.runs
    WHERE pipeline = $1 AND status <> 'queued' ORDER BY id DESC LIMIT ${MOST}
  ), bucketed AS (
    SELECT date_trunc($3, run.started_at, $4) AS at, count(*) AS runs,
      count(*) FILTER (WHERE run.status = 'succeeded') AS succeeded,
      count(*) FILTER (WHERE run.status IN ('failed', 'died')) AS failed,
      percentile_disc(0.5) WITHIN GROUP (ORDER BY run.duration_ms) AS "durationP50Ms",
      percentile_disc(0.95) WITHIN GROUP (ORDER BY run.duration_ms) AS "durationP95Ms",
      ${COUNTED.map(sum).join(", ")}
    FROM newest AS run CROSS JOIN LATERAL (
      SELECT ${COUNTED.map((field) => `sum((each.value ->> '${field}')::bigint) AS ${field}`).join(", ")}
      FROM jsonb_each(run.counts) AS each) AS rows
    WHERE run.started_at >= now() - $2 * interval '1 day' GROUP BY 1
  )
  SELECT json_build_object(
    'items', coalesce((SELECT json_agg(row_to_json(item) ORDER BY item.at) FROM (
      SELECT ${instantSql("at")} AS at, runs, succeeded, failed, "durationP50Ms", "durationP95Ms", ${COUNTED.join(", ")}
      FROM bucketed) AS item), '[]'),
    'since', CASE WHEN (SELECT count(*) FROM newest) = ${MOST}
      THEN (SELECT ${instantSql("min(started_at)")} FROM newest) END) AS stats`;
