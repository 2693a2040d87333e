import type { Check } from "./check-rows.ts";

/** Fewer samples say nothing: the beginning is always a rise. */
const FEWEST = 60;

/** Whether values have stopped to rise: the median of the last third is not much more than that of the third before. */
export function flatness(what: string, values: readonly number[], share = 0.25): Check {
  if (values.length < FEWEST)
    return { what, good: true, says: `${values.length} samples are too few to judge` };
  const third = Math.floor(values.length / 3);
  const before = median(values.slice(third, 2 * third));
  const after = median(values.slice(2 * third));
  return {
    what,
    good: after <= before * (1 + share),
    says: `${before.toFixed(0)}, then ${after.toFixed(0)}`,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
