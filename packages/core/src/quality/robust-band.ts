/** The values that are usual, by those of the past. */
export interface Band {
  readonly low: number;
  readonly high: number;
  readonly median: number;
}

/**
 * Median ± `k` times the median absolute deviation: a few odd values among the past ones move it hardly. It is never
 * narrower than `tolerance` times the median to each side, since values that were always the same deviate by nothing.
 */
export function robustBand(past: readonly number[], k: number, tolerance: number): Band {
  const middle = median(past);
  const deviation = median(past.map((value) => Math.abs(value - middle)));
  const width = Math.max(k * deviation, tolerance * Math.abs(middle));
  return { low: middle - width, high: middle + width, median: middle };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}
