import { MillraceError, type Schedule } from "@millrace/core";
import { durationText } from "./duration.ts";
import { nextFire, nextFires } from "./next-fire.ts";

/** 2024-01-01: what a definition is worth does not depend on the day it is loaded. */
const SOME_TIME = Date.UTC(2024, 0, 1);
const SAMPLE = 20;

/**
 * The schedule, frozen, if it makes sense as a whole.
 * @param where the call that made it, for messages
 * @throws MLR_ARGUMENT_INVALID where blackouts leave no fire, or jitter would carry a fire beyond the next one
 */
export function checkSchedule<S extends Schedule>(schedule: S, where: string): S {
  if (nextFire(schedule, SOME_TIME) === undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `${where} never fires: its blackouts cover all of its times`,
      {
        hint: "Make the blackouts shorter, or move the schedule out of them.",
      },
    );
  }
  const gap = schedule.jitterMs === 0 ? Infinity : shortestGap(schedule);
  if (schedule.jitterMs > gap) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `${where}: a jitter of ${durationText(schedule.jitterMs)} is longer than the ${durationText(gap)} from one fire to the next`,
      { hint: "Give it less jitter: fires must not overtake one another." },
    );
  }
  return Object.freeze(schedule);
}

function shortestGap(schedule: Schedule): number {
  if (schedule.kind === "interval") return schedule.everyMs;
  const fires = nextFires({ ...schedule, blackouts: [], jitterMs: 0 }, SOME_TIME, SAMPLE);
  return fires.reduce(
    (gap, { dueMs }, index) => Math.min(gap, dueMs - (fires[index - 1]?.dueMs ?? -Infinity)),
    Infinity,
  );
}
