/** The greatest common divisor of whole positive numbers: the interval at which all of theirs can be served. */
export function commonInterval(intervals: Iterable<number>): number {
  let common = 0;
  for (const interval of intervals) {
    let rest = interval;
    while (rest !== 0) [common, rest] = [rest, common % rest];
  }
  return common;
}

/** The last multiple of `intervalMs` at or before `time`. */
export function lastTick(time: number, intervalMs: number): number {
  return Math.floor(time / intervalMs) * intervalMs;
}

/** How many multiples of `intervalMs` lie behind `from` up to and with `to`. */
export function ticksBetween(from: number, to: number, intervalMs: number): number {
  return Math.max(0, Math.floor(to / intervalMs) - Math.floor(from / intervalMs));
}
