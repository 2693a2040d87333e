import { invalid } from "./make-rule.ts";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|second|minute|hour|day|week)s?$/i;

/** Milliseconds of `"2 hours"`, `"90 minutes"`, `"1 day"`; a number is milliseconds. Fails with MLR_ARGUMENT_INVALID. */
export function durationOf(kind: string, value: string | number): number {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  const match = typeof value === "string" ? DURATION.exec(value.trim()) : null;
  const ms = Number(match?.[1]) * (UNITS[match?.[2]?.toLowerCase() ?? ""] ?? Number.NaN);
  if (ms > 0) return ms;
  throw invalid(
    kind,
    `was given ${JSON.stringify(value)}, which is no duration`,
    'Write milliseconds, or for instance "30 minutes", "2 hours", "1 day".',
  );
}
