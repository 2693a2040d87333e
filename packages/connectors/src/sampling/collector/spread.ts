/** How many of the last values are looked at. */
const KEPT = 2_048;

/** The last values of a measurement, for its percentiles. Bounded. */
export class Spread {
  readonly #values = new Float64Array(KEPT);
  #count = 0;
  #max = 0;

  add(value: number): void {
    this.#values[this.#count % KEPT] = value;
    this.#count += 1;
    if (value > this.#max) this.#max = value;
  }

  /** Of the last 2,048 values; `max` of all. Zeros where there are none. */
  summary(): { readonly p50: number; readonly p99: number; readonly max: number } {
    const sorted = this.#values.slice(0, Math.min(this.#count, KEPT)).toSorted();
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    return { p50: rounded(at(0.5)), p99: rounded(at(0.99)), max: rounded(this.#max) };
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
