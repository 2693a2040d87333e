import type { Schedule } from "@millrace/core";
import type { Fire } from "./fire.ts";
import { missedFires } from "./missed-fires.ts";
import { nextFire } from "./next-fire.ts";

/** A pipeline whose next fire has come. */
export interface DuePipeline {
  readonly pipeline: string;
  readonly schedule: Schedule;
  /** The last time that was due and has been seen to. */
  readonly lastDueMs: number;
  /** The first fire after it, which should have been started by `now`. */
  readonly next: Fire;
  readonly now: number;
  /** How late a fire may be started whatever the catch-up policy says. */
  readonly graceMs: number;
}

/** The fires to start now, the oldest first, and the last time that has been seen to by them. */
export function firesToStart(due: DuePipeline): { fires: Fire[]; lastDueMs: number } {
  const { pipeline, schedule, next, now } = due;
  const last = lastToStart(due);
  if (schedule.catchUp.policy === "all" && last !== next) {
    return { fires: missedFires(schedule, due.lastDueMs, now, { pipeline }), lastDueMs: last.dueMs };
  }
  const oldest =
    now - Math.max(due.graceMs, schedule.catchUp.policy === "none" ? 0 : schedule.catchUp.maxAgeMs);
  return { fires: last.startMs >= oldest ? [last] : [], lastDueMs: last.dueMs };
}

/** The last fire that should have been started by now: mostly the one that was waited for. */
function lastToStart({ pipeline, schedule, next, now }: DuePipeline): Fire {
  const following = nextFire(schedule, next.dueMs, pipeline);
  if (following === undefined || following.startMs > now) return next;
  const catchUp = { policy: "latest", limit: 1, maxAgeMs: Infinity } as const;
  return missedFires(schedule, next.dueMs, now, { pipeline, catchUp })[0] ?? next;
}
