/** About `count` round values from `low` to `high`, for an axis: steps are 1, 2 or 5 times a power of ten. */
export function niceTicks(low: number, high: number, count = 4): readonly number[] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [];
  if (high <= low) return [low];
  const step = niceStep((high - low) / Math.max(1, count));
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const ticks: number[] = [];
  for (let index = Math.ceil(low / step); index * step <= high + step * 1e-9; index++)
    ticks.push(Number((index * step).toFixed(digits)));
  return ticks;
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  if (share <= 1) return power;
  if (share <= 2) return 2 * power;
  return share <= 5 ? 5 * power : 10 * power;
}
