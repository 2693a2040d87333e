import { MillraceError } from "@millrace/core";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|millisecond|second|minute|hour|day|week)s?$/i;

/** Milliseconds of `"90 seconds"`, `"5 minutes"`, `"2 hours"`, `"1 day"`; undefined for any other text. */
export function durationMs(text: string): number | undefined {
  const match = DURATION.exec(text.trim());
  const unit = UNITS[match?.[2]?.toLowerCase() ?? ""];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** Durations are asked for with every request; options have a few. */
const known = new Map<string, number>();

/** Milliseconds of a duration in options: a number is milliseconds. Fails with MLR_ARGUMENT_INVALID. */
export function toMs(value: string | number): number {
  if (typeof value === "number") return value;
  const ms = known.get(value) ?? durationMs(value);
  if (ms !== undefined) {
    known.set(value, ms);
    return ms;
  }
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${value}" is not a duration`, {
    hint: 'Write a number of milliseconds, or for instance "30 seconds", "5 minutes", "2 hours", "1 day".',
  });
}

/** `14 s`, `2 min 5 s`, `1 h 3 min`: how long something took, for people. */
export function formatMs(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 1) return `${Math.round(ms)} ms`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return pair(Math.floor(seconds / 60), "min", seconds % 60, "s");
  return pair(Math.floor(seconds / 3_600), "h", Math.floor((seconds % 3_600) / 60), "min");
}

function pair(more: number, moreUnit: string, less: number, lessUnit: string): string {
  return less === 0 ? `${more} ${moreUnit}` : `${more} ${moreUnit} ${less} ${lessUnit}`;
}
