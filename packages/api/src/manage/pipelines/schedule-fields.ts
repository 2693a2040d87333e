import type { Schedule } from "@millrace/core";
import type { ApiContext } from "../../server/api-context.ts";
import { nextRun } from "../shared/next-run.ts";

/** What is told of a schedule: only an enabled pipeline has a next run. */
export function scheduleFields(
  context: Pick<ApiContext, "operations" | "clock">,
  schedule: Schedule | null,
  state: string,
): { readonly schedule: { text: string; timeZone: string } | null; readonly nextRunAt: string | null } {
  if (schedule === null) return { schedule: null, nextRunAt: null };
  return {
    schedule: { text: context.operations.describeSchedule(schedule), timeZone: schedule.timeZone },
    nextRunAt: state === "enabled" ? (nextRun(context, schedule) ?? null) : null,
  };
}
