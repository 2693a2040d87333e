import { CronCalendar } from "./cron-calendar.ts";
import { ZoneClock } from "./zone-clock.ts";

/**
 * The first instant after `afterMs` at which a cron expression fires in a time zone; undefined if there is none.
 *
 * Where clocks are set forward, a fixed time that is jumped over fires at the instant of the jump (once, however many
 * times are jumped over); expressions with `*` or `/` in their time of day skip it. Where clocks are set back, a fixed
 * time fires when it is first shown; expressions with `*` or `/` fire in both passes.
 */
export function nextCronTime(expression: string, timeZone: string, afterMs: number): number | undefined {
  const calendar = CronCalendar.of(expression);
  if (timeZone === "UTC") return calendar.next(afterMs);
  const clock = ZoneClock.of(timeZone);
  return calendar.fixed ? nextFixed(calendar, clock, afterMs) : nextByClock(calendar, clock, afterMs);
}

function nextFixed(calendar: CronCalendar, clock: ZoneClock, afterMs: number): number | undefined {
  const wall = calendar.next(clock.furthestAt(afterMs));
  return wall === undefined ? undefined : clock.firstInstantOf(wall, clock.stretchAt(afterMs));
}

function nextByClock(calendar: CronCalendar, clock: ZoneClock, afterMs: number): number | undefined {
  let stretch = clock.stretchAt(afterMs);
  let shown = afterMs + stretch.offset;
  for (let wall = calendar.next(shown); wall !== undefined;) {
    if (wall < stretch.end + stretch.offset) return wall - stretch.offset;
    stretch = clock.stretchAt(stretch.end);
    shown = stretch.start + stretch.offset - 1;
    // Set back, the clock may show a matching time again; set forward, it may have jumped over the one found.
    if (shown + 1 < stretch.shown || wall <= shown) wall = calendar.next(shown);
  }
  return undefined;
}
