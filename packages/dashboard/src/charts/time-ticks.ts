const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND,
  MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR, 168 * HOUR,
]; // prettier-ignore

/**
 * Round instants between two (milliseconds since 1970), at most `count` of them, aligned to the hours of the reader's own
 * zone: `offsetMinutes` is what `Date.getTimezoneOffset` gives.
 */
export function timeTicks(
  from: number,
  to: number,
  options: { readonly count?: number; readonly offsetMinutes?: number } = {},
): readonly number[] {
  const { count = 6, offsetMinutes = 0 } = options;
  if (!(to > from)) return [];
  const day = 24 * HOUR;
  const fits = STEPS.find((step) => (to - from) / step <= count);
  const step = fits ?? Math.ceil((to - from) / count / day) * day;
  const shift = offsetMinutes * MINUTE;
  const ticks: number[] = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) ticks.push(at);
  return ticks;
}
