import type { Schedule } from "@millrace/core";
import { blackoutAt, nextBlackout } from "./blackouts.ts";
import { dueTimes } from "./due-times.ts";
import type { Fire } from "./fire.ts";
import { jitterOf } from "./jitter.ts";

/** Blackouts that are looked beyond for one that lets a fire through. */
const MAX_BLACKOUTS = 50_000;

/**
 * The first fire of a schedule that is due after `afterMs` (ms since 1970) and not left out by a blackout; undefined if
 * there is none. The same arguments always give the same answer.
 * @param pipeline whose fire it is: pipelines of one schedule have different jitter
 */
export function nextFire(schedule: Schedule, afterMs: number, pipeline = ""): Fire | undefined {
  const times = dueTimes(schedule);
  let due = times.after(afterMs);
  if (schedule.blackouts.length === 0) return due === undefined ? undefined : fireAt(schedule, due, pipeline);
  for (let tries = 0; due !== undefined && tries < MAX_BLACKOUTS; tries++) {
    const blackout = blackoutAt(schedule, due);
    if (blackout === undefined) return fireAt(schedule, due, pipeline);
    due = times.after(blackout.to - 1);
  }
  return undefined;
}

/** How `nextFires` lists. */
export interface NextFiresOptions {
  /** Whose fires they are. Default: nobody's. */
  readonly pipeline?: string;
  /** Also those that a blackout leaves out, marked as such. Default false. */
  readonly leftOut?: boolean;
}

/** The first `count` fires that are due after `afterMs`; fewer where there are no more. */
export function nextFires(
  schedule: Schedule,
  afterMs: number,
  count: number,
  { pipeline = "", leftOut = false }: NextFiresOptions = {},
): Fire[] {
  const fires: Fire[] = [];
  for (let after = afterMs; fires.length < count;) {
    const fire = leftOut ? nextOfAll(schedule, after, pipeline) : nextFire(schedule, after, pipeline);
    if (fire === undefined) break;
    fires.push(fire);
    after = fire.dueMs;
  }
  return fires;
}

/** The fire that is due at `dueMs`, which no blackout leaves out. Jitter does not carry it into a blackout. */
export function fireAt(schedule: Schedule, dueMs: number, pipeline: string): Fire {
  const { jitterMs } = schedule;
  if (jitterMs === 0) return { dueMs, startMs: dueMs };
  const room = Math.min(jitterMs, nextBlackout(schedule, dueMs) - dueMs - 1);
  return { dueMs, startMs: dueMs + jitterOf(pipeline, dueMs, room) };
}

function nextOfAll(schedule: Schedule, afterMs: number, pipeline: string): Fire | undefined {
  const due = dueTimes(schedule).after(afterMs);
  if (due === undefined) return undefined;
  return blackoutAt(schedule, due) === undefined
    ? fireAt(schedule, due, pipeline)
    : { dueMs: due, startMs: due, leftOut: "blackout" };
}
