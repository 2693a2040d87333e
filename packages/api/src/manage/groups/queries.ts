import type { Schedule } from "@millrace/core";
import type { z } from "zod";
import type { ApiContext } from "../../server/api-context.ts";
import { instantSql } from "../shared/instant-sql.ts";
import { nextRun } from "../shared/next-run.ts";
import { PIPELINE_STATE } from "../shared/pipeline-state-sql.ts";
import type { GroupItem, GroupsList } from "./schemas.ts";

interface GroupRow {
  readonly item: Omit<z.output<typeof GroupItem>, "nextRunAt">;
  /** Of those that are enabled. */
  readonly schedules: readonly Schedule[];
}

/** Groups by their names, pipelines without a group last. */
export async function listGroups(
  context: Pick<ApiContext, "pool" | "operations" | "clock">,
): Promise<z.output<typeof GroupsList>> {
  const { rows } = await context.pool.query<GroupRow>(GROUPS);
  return {
    items: rows.map(({ item, schedules }) => {
      const next = schedules.flatMap((schedule) => nextRun(context, schedule) ?? []).toSorted();
      return { ...item, nextRunAt: next[0] ?? null };
    }),
  };
}

const GROUPS = `
  WITH counted AS (
    SELECT pipeline, count(*) FILTER (WHERE status = 'running') AS running, count(*) FILTER (WHERE status = 'queued') AS queued
    FROM millrace_control.runs WHERE status IN ('running', 'queued') AND kind = 'pipeline' GROUP BY pipeline
  ), grouped AS (
    SELECT known.group_name AS name, ${PIPELINE_STATE} AS state, known.schedule, last.status, last.at, counted.running,
      counted.queued
    FROM millrace_control.pipelines AS known LEFT JOIN counted ON counted.pipeline = known.name
      LEFT JOIN LATERAL (SELECT run.status, run.started_at AS at FROM millrace_control.runs AS run
        WHERE run.pipeline = known.name AND run.status <> 'queued' ORDER BY run.id DESC LIMIT 1) AS last ON true
    WHERE known.retired_at IS NULL
  )
  SELECT json_build_object('name', name, 'pipelines', count(*), 'enabled', count(*) FILTER (WHERE state = 'enabled'),
      'disabled', count(*) FILTER (WHERE state = 'disabled'), 'paused', count(*) FILTER (WHERE state = 'paused'),
      'failing', count(*) FILTER (WHERE status IN ('failed', 'died')), 'running', coalesce(sum(running), 0),
      'queued', coalesce(sum(queued), 0), 'lastRunAt', ${instantSql("max(at)")}) AS item,
    coalesce(json_agg(schedule) FILTER (WHERE schedule IS NOT NULL AND state = 'enabled'), '[]') AS schedules
  FROM grouped GROUP BY name ORDER BY name NULLS LAST`;
