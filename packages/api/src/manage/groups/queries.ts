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
  WITH running AS (
    SELECT pipeline, count(*) AS runs FROM millrace_control.runs WHERE status = 'running' GROUP BY pipeline
  ), queued AS (
    SELECT pipeline, count(*) AS runs FROM millrace_control.runs WHERE status = 'queued' GROUP BY pipeline
  ), grouped AS (
    SELECT known.group_name AS name, ${PIPELINE_STATE} AS state, known.schedule, last.id AS last, last.status,
      running.runs AS running, queued.runs AS queued
    FROM millrace_control.pipelines AS known
      LEFT JOIN running ON running.pipeline = known.name LEFT JOIN queued ON queued.pipeline = known.name
      -- Only what the index holds.
      LEFT JOIN LATERAL (SELECT run.id, run.status FROM millrace_control.runs AS run
        WHERE run.pipeline = known.name AND run.status <> 'queued' ORDER BY run.id DESC LIMIT 1) AS last ON true
    WHERE known.retired_at IS NULL
  ), groups AS (
    SELECT name, count(*) AS pipelines, count(*) FILTER (WHERE state = 'enabled') AS enabled,
      count(*) FILTER (WHERE state = 'disabled') AS disabled, count(*) FILTER (WHERE state = 'paused') AS paused,
      count(*) FILTER (WHERE status IN ('failed', 'died')) AS failing, coalesce(sum(running), 0) AS running,
      coalesce(sum(queued), 0) AS queued, (array_agg(last ORDER BY last DESC NULLS LAST))[1] AS last,
      coalesce(json_agg(schedule) FILTER (WHERE schedule IS NOT NULL AND state = 'enabled'), '[]') AS schedules
    FROM grouped GROUP BY name
  )
  SELECT json_build_object('name', name, 'pipelines', pipelines, 'enabled', enabled, 'disabled', disabled, 'paused', paused,
      'failing', failing, 'running', running, 'queued', queued,
      'lastRunAt', (SELECT ${instantSql("run.started_at")} FROM millrace_control.runs AS run WHERE run.id = last)) AS item,
    schedules
  FROM groups ORDER BY name NULLS LAST`;
