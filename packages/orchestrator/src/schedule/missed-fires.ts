import type { CatchUp, Schedule } from "@millrace/core";
import { blackoutAt } from "./blackouts.ts";
import { dueTimes } from "./due-times.ts";
import type { Fire } from "./fire.ts";
import { fireAt } from "./next-fire.ts";

/** The times for which fires are made up. */
export interface MissedFiresOptions {
  /** Whose fires they are: the pipeline's jitter decides whether the last of them should have started yet. */
  readonly pipeline?: string;
  /** Another rule than the schedule's own. */
  readonly catchUp?: CatchUp;
}

/**
 * The fires that are due after `lastDueMs`, should have been started by `nowMs`, and are to be made up for by the
 * schedule's catch-up policy, the oldest first. Takes time and memory by what it returns, not by how long nobody was there.
 */
export function missedFires(
  schedule: Schedule,
  lastDueMs: number,
  nowMs: number,
  { pipeline = "", catchUp = schedule.catchUp }: MissedFiresOptions = {},
): Fire[] {
  const limit = catchUp.policy === "none" ? 0 : catchUp.policy === "latest" ? 1 : catchUp.limit;
  const lower = Math.max(lastDueMs, nowMs - catchUp.maxAgeMs - 1);
  const times = dueTimes(schedule);
  const fires: Fire[] = [];
  let before = nowMs;
  while (fires.length < limit) {
    const due = times.upTo(before, lower);
    if (due === undefined) break;
    const blackout = blackoutAt(schedule, due);
    if (blackout !== undefined) {
      before = blackout.from - 1;
      continue;
    }
    const fire = fireAt(schedule, due, pipeline);
    if (fire.startMs <= nowMs) fires.push(fire);
    before = due - 1;
  }
  return fires.toReversed();
}
