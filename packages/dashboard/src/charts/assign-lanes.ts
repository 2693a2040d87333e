/** A piece of time: milliseconds since 1970. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The lane of every span, so that spans of one lane never overlap: each goes to the first lane that is free when it
 * starts. Spans that touch share a lane. Gives the lanes in the order of the spans, and how many there are.
 */
export function assignLanes(spans: readonly Span[]): {
  readonly lanes: readonly number[];
  readonly count: number;
} {
  const order = spans.map((_, index) => index).sort((a, b) => startOf(spans, a) - startOf(spans, b) || a - b);
  const lanes = new Array<number>(spans.length).fill(0);
  const freeFrom: number[] = [];
  for (const index of order) {
    const start = startOf(spans, index);
    const found = freeFrom.findIndex((free) => free <= start);
    const lane = found === -1 ? freeFrom.length : found;
    lanes[index] = lane;
    freeFrom[lane] = Math.max(start, spans[index]?.end ?? start);
  }
  return { lanes, count: freeFrom.length };
}

function startOf(spans: readonly Span[], index: number): number {
  return spans[index]?.start ?? 0;
}
