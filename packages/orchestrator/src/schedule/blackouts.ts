import type { Schedule } from "@millrace/core";
import { nextCronTime } from "./cron-times.ts";

/** The blackouts of a schedule around an instant. */
type Blackouts = Pick<Schedule, "blackouts" | "timeZone">;

/** A time in which nothing is started, in ms since 1970. */
export interface BlackoutTime {
  readonly from: number;
  /** The first instant at which things are started again, as far as this blackout goes. */
  readonly to: number;
}

/** The blackout that an instant is in: of several, any. */
export function blackoutAt({ blackouts, timeZone }: Blackouts, ms: number): BlackoutTime | undefined {
  for (const { from, lengthMs } of blackouts) {
    const start = nextCronTime(from, timeZone, ms - lengthMs);
    if (start !== undefined && start <= ms) return { from: start, to: start + lengthMs };
  }
  return undefined;
}

/** When the next blackout after an instant begins; Infinity where none does. */
export function nextBlackout({ blackouts, timeZone }: Blackouts, ms: number): number {
  return blackouts.reduce(
    (first, { from }) => Math.min(first, nextCronTime(from, timeZone, ms) ?? Infinity),
    Infinity,
  );
}
