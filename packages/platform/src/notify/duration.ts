import { z } from "zod";

const UNITS: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};
/** A timer of Node cannot wait longer than about 24 days, but rules look at times. */
const LONGEST_MS = 366 * 86_400_000;

/** An option such as `"10 minutes"`, as milliseconds; numbers are milliseconds. At least a second, at most a year. */
export const duration = z
  .union([z.number(), z.string()])
  .transform((value) => (typeof value === "number" ? value : millisecondsOf(value)))
  .refine((ms) => ms >= 1_000 && ms <= LONGEST_MS, {
    message: 'must be a time such as "30 seconds", "10 minutes", "2 hours" or "1 day"',
  });

function millisecondsOf(text: string): number {
  const [, count, unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+?)s?\s*$/i.exec(text) ?? [];
  return Math.round(Number(count) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
}

/** `2 days 3 hours`, `5 minutes`, `40 seconds`: the two largest units, for people. */
export function durationText(ms: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(ms / 1_000) * 1_000);
  for (const unit of ["day", "hour", "minute", "second"]) {
    const size = UNITS[unit] ?? 1;
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
  }
  return parts.length === 0 ? "less than a second" : parts.join(" ");
}
