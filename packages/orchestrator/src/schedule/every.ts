import { MillraceError, parseOptions, type Schedule } from "@millrace/core";
import { z } from "zod";
import { checkSchedule } from "./check-schedule.ts";
import { durationOf } from "./duration.ts";
import { instantOf } from "./instant-of.ts";
import { type Duration, type ScheduleOptions, scheduleSchema, scheduleRules } from "./schedule-options.ts";

/** What a schedule of intervals may be told. */
export interface EveryOptions extends ScheduleOptions {
  /**
   * A time at which it fires, and from which the others are counted, forwards and backwards: ms since 1970, a `Date`, or
   * ISO 8601 text, without an offset in the schedule's time zone. Default 1970-01-01T00:00Z, so that `5 minutes` are full
   * ones.
   */
  readonly anchor?: number | Date | string;
}

const everySchema = scheduleSchema.extend({
  anchor: z
    .union([z.number(), z.date(), z.string()], {
      message: 'must be a time such as "2026-01-01T06:00", a Date, or milliseconds since 1970',
    })
    .optional(),
});

const LEAST = 100;
const MOST = 366 * 86_400_000;

/**
 * A schedule of equal intervals: `every("5 minutes")`, `every("30s")`, `every("1 hour 30 minutes")`, `every("day")`, or
 * milliseconds, from 100 ms to 366 days. The fires are counted from `anchor`, not from the last run, and take no notice
 * of clocks that are set: for a time of day use `cron`.
 * @throws MLR_ARGUMENT_INVALID or MLR_OPTION_UNKNOWN
 */
export function every(interval: Duration, options: EveryOptions = {}): Schedule {
  const where = `every(${JSON.stringify(interval)})`;
  const given = parseOptions(everySchema, options, where);
  const everyMs = intervalMs(interval, where);
  const rules = scheduleRules(given, where);
  const anchorMs =
    given.anchor === undefined ? 0 : instantOf(given.anchor, rules.timeZone, `${where}: anchor`);
  return checkSchedule({ kind: "interval", everyMs, anchorMs, ...rules }, where);
}

function intervalMs(interval: Duration, where: string): number {
  const ms = typeof interval === "string" ? durationOf(interval) : interval;
  if (ms === undefined || typeof ms !== "number" || !Number.isInteger(ms)) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${where} is no interval`, {
      hint: intervalHint(interval),
    });
  }
  if (ms >= LEAST && ms <= MOST) return ms;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `${where}: an interval must be from 100 milliseconds to 366 days`,
    {
      hint:
        ms < LEAST
          ? "A source that reads without pause is written as one that does not end."
          : 'Longer ones: cron("@yearly").',
    },
  );
}

function intervalHint(interval: unknown): string {
  if (typeof interval !== "string") return 'Write a number of milliseconds, or a text such as "5 minutes".';
  if (/month|year|quarter/i.test(interval))
    return 'Months and years are not equally long: use cron("@monthly") or cron("0 0 1 */3 *").';
  if (/^\S+ \S+ \S+ \S+ \S+/.test(interval.trim()))
    return `Use cron(${JSON.stringify(interval)}) for a cron expression.`;
  return 'Write a duration such as "30 seconds", "5 minutes", "1 hour 30 minutes", "2 days".';
}
