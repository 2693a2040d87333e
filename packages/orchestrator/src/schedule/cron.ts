import { MillraceError, parseOptions, type Schedule } from "@millrace/core";
import { checkCron } from "./check-cron.ts";
import { checkSchedule } from "./check-schedule.ts";
import { type ScheduleOptions, scheduleSchema, scheduleRules } from "./schedule-options.ts";

/**
 * A schedule by times of day and calendar: `cron("0 3 * * *", { timeZone: "Europe/Berlin" })` is 03:00 every day.
 *
 * Five fields: minute, hour, day of the month, month, day of the week; six: second before them. Names (`MON`, `JAN`),
 * ranges (`8-18`), steps (`*\/5`), lists, `L` (last), `W` (nearest weekday), `#` (nth weekday), and `@hourly`, `@daily`,
 * `@weekly`, `@monthly`, `@yearly`. Where both days are given, one that fits is enough, as in every cron.
 *
 * Where clocks are set forward, a time that they jump over fires at the jump; where they are set back, a time that they
 * show twice fires once. Expressions with `*` or `/` in seconds, minutes or hours follow the clock instead.
 * @throws MLR_ARGUMENT_INVALID or MLR_OPTION_UNKNOWN, saying which field or option
 */
export function cron(expression: string, options: ScheduleOptions = {}): Schedule {
  if (typeof expression !== "string") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `cron(): ${JSON.stringify(expression)} is no cron expression`,
      {
        hint: 'Write a text such as "0 3 * * *".',
      },
    );
  }
  const where = `cron(${JSON.stringify(expression)})`;
  const given = parseOptions(scheduleSchema, options, where);
  const checked = checkCron(expression, where);
  return checkSchedule({ kind: "cron", expression: checked, ...scheduleRules(given, where) }, where);
}
