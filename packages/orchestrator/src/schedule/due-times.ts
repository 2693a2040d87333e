import type { Schedule } from "@millrace/core";
import { nextCronTime } from "./cron-times.ts";

/** The instants at which a schedule is due, in ms since 1970, blackouts and jitter left aside. */
export interface DueTimes {
  /** The first after `ms`; undefined if there is none. */
  after(ms: number): number | undefined;
  /** The last at or before `ms` that comes after `lower`; undefined if there is none. */
  upTo(ms: number, lower: number): number | undefined;
}

const KNOWN = new WeakMap<Schedule, DueTimes>();

/** When a schedule is due. */
export function dueTimes(schedule: Schedule): DueTimes {
  let times = KNOWN.get(schedule);
  if (times === undefined) {
    times =
      schedule.kind === "cron"
        ? cronTimes(schedule.expression, schedule.timeZone)
        : intervalTimes(schedule.everyMs, schedule.anchorMs);
    KNOWN.set(schedule, times);
  }
  return times;
}

function intervalTimes(everyMs: number, anchorMs: number): DueTimes {
  const upTo = (ms: number): number => anchorMs + Math.floor((ms - anchorMs) / everyMs) * everyMs;
  return {
    after: (ms) => upTo(ms) + everyMs,
    upTo: (ms, lower) => {
      const last = upTo(ms);
      return last > lower ? last : undefined;
    },
  };
}

function cronTimes(expression: string, timeZone: string): DueTimes {
  const after = (ms: number): number | undefined => nextCronTime(expression, timeZone, ms);
  return { after, upTo: (ms, lower) => lastUpTo(after, ms, lower) };
}

/** `after` never goes back, so that the last time before an instant is found by halving. */
function lastUpTo(after: DueTimes["after"], ms: number, lower: number): number | undefined {
  const reaches = (from: number): number | undefined => {
    const next = after(from);
    return next !== undefined && next <= ms ? next : undefined;
  };
  let step = 1_000;
  let from = Math.max(lower, ms - step);
  let found = reaches(from);
  while (found === undefined && from > lower) {
    step *= 4;
    from = Math.max(lower, ms - step);
    found = reaches(from);
  }
  let tooLate = ms;
  while (found !== undefined) {
    const later = reaches(found);
    if (later === undefined) return found;
    const middle = later + Math.floor((tooLate - later) / 2);
    const much = middle < tooLate ? reaches(middle) : undefined;
    if (much === undefined) tooLate = middle;
    found = much ?? later;
  }
  return undefined;
}
