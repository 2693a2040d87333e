import type { Schedule } from "@millrace/core";
import type { z } from "zod";
import type { ApiContext } from "../../server/api-context.ts";
import { instantSql } from "../shared/instant-sql.ts";
import { PIPELINE_STATE } from "../shared/pipeline-state-sql.ts";
import { Where } from "../shared/where.ts";
import type { ScheduleItem, SchedulesPage, SchedulesQuery } from "./schemas.ts";

interface ScheduleRow {
  readonly pipeline: string;
  readonly group: string | null;
  readonly state: z.output<typeof ScheduleItem>["state"];
  readonly schedule: Schedule;
  readonly lastDueAt: string | null;
}

/** A page of the pipelines with a schedule, by name. */
export async function listSchedules(
  context: Pick<ApiContext, "pool" | "operations" | "clock">,
  query: z.output<typeof SchedulesQuery>,
): Promise<z.output<typeof SchedulesPage>> {
  const where = new Where();
  where.always("known.schedule IS NOT NULL AND known.retired_at IS NULL");
  where.add("known.group_name = ?", query.group);
  where.add("known.name = ?", query.pipeline);
  where.add("known.name > ?", query.after);
  const { rows } = await context.pool.query<ScheduleRow>(
    `SELECT known.name AS pipeline, known.group_name AS "group", ${PIPELINE_STATE} AS state, known.schedule,
       ${instantSql("known.last_due_at")} AS "lastDueAt"
     FROM millrace_control.pipelines AS known WHERE ${where.sql} ORDER BY known.name LIMIT ${where.value(query.limit + 1)}`,
    where.values,
  );
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ schedule, ...row }) => ({
      ...row,
      text: context.operations.describeSchedule(schedule),
      timeZone: schedule.timeZone,
      nextFires: row.state === "enabled" ? firesOf(context, schedule, query) : [],
    })),
    ...(rows.length > query.limit && last !== undefined ? { next: last.pipeline } : {}),
  };
}

function firesOf(
  { operations, clock }: Pick<ApiContext, "operations" | "clock">,
  schedule: Schedule,
  { count, until }: z.output<typeof SchedulesQuery>,
): string[] {
  const fires = operations.nextFires(schedule, { count, after: new Date(clock.now()) });
  return until === undefined ? [...fires] : fires.filter((at) => Date.parse(at) < Date.parse(until));
}
