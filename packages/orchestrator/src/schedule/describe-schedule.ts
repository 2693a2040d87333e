import type { Schedule } from "@millrace/core";
import { describeCron } from "./describe-cron.ts";
import { durationText } from "./duration.ts";

/** How much is told of a schedule. */
export interface DescribeOptions {
  /** The times and the zone alone. Default false. */
  readonly brief?: boolean;
}

/**
 * A schedule for people: `every 5 minutes`, `at 03:00 every day, Europe/Berlin`, with its jitter and blackouts where it
 * has some.
 */
export function describeSchedule(schedule: Schedule, { brief = false }: DescribeOptions = {}): string {
  const { jitterMs, blackouts, timeZone } = schedule;
  const times =
    schedule.kind === "cron" ? [describeCron(schedule.expression), timeZone] : intervalText(schedule);
  if (brief) return times.join(", ");
  return [
    ...times,
    ...(jitterMs === 0 ? [] : [`up to ${durationText(jitterMs)} later`]),
    ...blackouts.map(({ from, lengthMs }) => `not for ${durationText(lengthMs)} from ${blackoutStart(from)}`),
    ...(schedule.kind === "interval" && blackouts.length > 0 ? [timeZone] : []),
  ].join(", ");
}

function intervalText({ everyMs, anchorMs }: Extract<Schedule, { kind: "interval" }>): string[] {
  const length = durationText(everyMs);
  const text = `every ${length.replace(/^1 (\w+)$/, "$1")}`;
  const at = new Date(anchorMs).toISOString().replace(/:00\.000Z$/, "Z");
  return anchorMs % everyMs === 0 ? [text] : [text, `counted from ${at}`];
}

function blackoutStart(expression: string): string {
  return describeCron(expression).replace(/^at /, "");
}
