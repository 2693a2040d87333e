import { MillraceError } from "@millrace/core";

/** Cuts time into intervals. */
export interface CandleInterval {
  /** In normal form, such as `90s`, `1m`, `4h`, `1d`, `1w` or `1M`. */
  readonly name: string;
  /** First instant of the interval that `time` is in; microseconds since 1970. */
  start(time: number): number;
  /** First instant of the interval behind the one that starts at `start`. */
  next(start: number): number;
}

const SECOND = 1_000_000;
const DAY = 86_400 * SECOND;
const UNITS: Readonly<Record<string, number>> = {
  s: SECOND,
  m: 60 * SECOND,
  h: 3_600 * SECOND,
  d: DAY,
  w: 7 * DAY,
};
/** 1970 began on a Thursday; weeks begin on Monday. */
const FIRST_MONDAY = 4 * DAY;
const FORM = /^([1-9]\d{0,5})([smhdwM])(@8)?$/;
const EIGHT_HOURS = 8 * 3_600 * SECOND;

/**
 * Any interval, in UTC: a number of seconds, minutes, hours, days, weeks (which begin on Monday) or calendar months. Intervals
 * are counted from 1970, so that those of a minute begin with the minute. With `@8` behind it, in UTC+8.
 * Fails with MLR_ARGUMENT_INVALID.
 */
export function candleInterval(name: string): CandleInterval {
  const match = FORM.exec(name);
  if (match === null) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `"${name}" is no interval of candles`, {
      hint: "A number with s, m, h, d, w or M (months) behind it, such as 90s, 1m, 4h or 1d.",
    });
  }
  const count = Number(match[1]);
  const unit = match[2] ?? "";
  if (match[3] !== undefined) return shifted(name, candleInterval(name.slice(0, -2)));
  if (unit === "M") return monthly(name, count);
  const length = count * (UNITS[unit] ?? 0);
  const origin = unit === "w" ? FIRST_MONDAY : 0;
  return {
    name,
    start: (time) => Math.floor((time - origin) / length) * length + origin,
    next: (start) => start + length,
  };
}

function shifted(name: string, { start, next }: CandleInterval): CandleInterval {
  return {
    name,
    start: (time) => start(time + EIGHT_HOURS) - EIGHT_HOURS,
    next: (from) => next(from + EIGHT_HOURS) - EIGHT_HOURS,
  };
}

function monthly(name: string, count: number): CandleInterval {
  const first = (months: number): number => Date.UTC(1970, months, 1) * 1_000;
  const monthsOf = (time: number): number => {
    const date = new Date(time / 1_000);
    return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
  };
  return {
    name,
    start: (time) => first(Math.floor(monthsOf(time) / count) * count),
    next: (start) => first(monthsOf(start) + count),
  };
}
