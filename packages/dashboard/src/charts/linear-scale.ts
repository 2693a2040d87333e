/** Maps a value of the data to a place in the drawing. */
export type Scale = (value: number) => number;

/**
 * A linear scale from `domain` to `range`. A domain without extent maps to the middle of the range, and a value that is
 * no finite number to its start, so that no drawing holds NaN.
 */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [from, to] = domain;
  const [start, end] = range;
  const extent = to - from;
  if (!Number.isFinite(extent) || extent === 0) return () => (start + end) / 2;
  return (value) => (Number.isFinite(value) ? start + ((value - from) / extent) * (end - start) : start);
}
