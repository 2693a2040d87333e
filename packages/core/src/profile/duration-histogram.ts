/** 2^4 buckets per doubling. */
const BITS = 4;
/** Durations below 2^-13 ms (122 ns) share the first bucket. */
const LOWEST = -13;
/** Durations of 2^27 ms (37 hours) and more share the last one. */
const HIGHEST = 27;
const BUCKETS = (HIGHEST - LOWEST) << BITS;
/** Of the upper half of a double: sign and exponent, then the first bits of the fraction. */
const SHIFT = 20 - BITS;
const FIRST = (1023 + LOWEST) << BITS;

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
const UPPER = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * Durations in buckets whose width grows with them: each doubling has 16, so a percentile is within 1/32 (3.2 %) of the
 * duration that has the rank. Takes 5 KiB, however many durations it holds.
 */
export class DurationHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;

  /** @param ms milliseconds, not negative. */
  add(ms: number): void {
    double[0] = ms;
    const bucket = ((halves[UPPER] as number) >>> SHIFT) - FIRST;
    const index = bucket < 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS - 1;
    (this.#counts[index] as number)++;
    this.#count++;
  }

  /** The duration in milliseconds that a share of all do not exceed; 0 where there are none. @param share such as 0.95 */
  percentile(share: number): number {
    let left = Math.ceil(this.#count * share);
    if (left === 0) return 0;
    for (let index = 0; index < BUCKETS; index++) {
      left -= this.#counts[index] as number;
      if (left <= 0) return middleOf(index);
    }
    return middleOf(BUCKETS - 1);
  }
}

function middleOf(index: number): number {
  const steps = 1 << BITS;
  return 2 ** (LOWEST + (index >> BITS)) * (1 + ((index % steps) + 0.5) / steps);
}
