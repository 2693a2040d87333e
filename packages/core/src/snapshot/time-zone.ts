import { nearest } from "../nearest.ts";

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that the wall clock of an IANA time zone is ahead of UTC at an instant (ms since 1970). */
export function offsetAt(timeZone: string, ms: number): number {
  if (timeZone === "UTC") return 0;
  const part: Record<string, number> = {};
  for (const { type, value } of format(timeZone).formatToParts(ms)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1_000) * 1_000;
}

/** Why a name is no time zone; undefined where it is one. */
export function timeZoneProblem(name: string): string | undefined {
  try {
    format(name);
    return undefined;
  } catch {
    const guess = nearest(name, Intl.supportedValuesOf("timeZone"));
    const hint = guess === undefined ? "name one such as Europe/Berlin" : `did you mean "${guess}"?`;
    return `there is no time zone ${JSON.stringify(name)}; ${hint}`;
  }
}

function format(timeZone: string): Intl.DateTimeFormat {
  let known = FORMATS.get(timeZone);
  if (known === undefined) {
    const numeric = "numeric" as const;
    known = new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "iso8601",
      hourCycle: "h23",
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
    FORMATS.set(timeZone, known);
  }
  return known;
}
