import { offsetAt } from "@millrace/core";
import type { QuietHours } from "../notifications-options.ts";
import { isAtLeast, type Severity } from "../severity.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The first time (ms since 1970) from `at` on at which a message of this severity may be sent. */
export function firstLoudTime(quiet: QuietHours | undefined, at: number, severity: Severity): number {
  if (quiet === undefined || isAtLeast(severity, quiet.except)) return at;
  let time = at;
  // Where clocks are changed an end may fall into hours that are quiet, or into an hour that does not exist.
  for (let round = 0; round < 8 && isQuiet(quiet, time); round++) time = nextEnd(quiet, time);
  return time;
}

function isQuiet({ from, to, timeZone }: QuietHours, at: number): boolean {
  const minute = minuteOfDay(at + offsetAt(timeZone, at));
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  return begin < end ? minute >= begin && minute < end : minute >= begin || minute < end;
}

function nextEnd({ to, timeZone }: QuietHours, at: number): number {
  const offset = offsetAt(timeZone, at);
  const local = at + offset;
  const midnight = Math.floor(local / DAY_MS) * DAY_MS;
  const today = midnight + minutesOf(to) * MINUTE_MS;
  const end = today > local ? today : today + DAY_MS;
  const utc = end - offsetAt(timeZone, end - offset);
  return utc > at ? utc : at + 15 * MINUTE_MS;
}

function minuteOfDay(localMs: number): number {
  return Math.floor((((localMs % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS);
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
