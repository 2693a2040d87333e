/** Lets at most a number of events happen in any window of time. Keeps the time of each, so it is exact. */
export class SlidingWindow {
  readonly #times: Float64Array;
  readonly #windowMs: number;
  #next = 0;

  constructor(events: number, windowMs: number) {
    this.#times = new Float64Array(events).fill(Number.NEGATIVE_INFINITY);
    this.#windowMs = windowMs;
  }

  /** Milliseconds from `now` until one more may happen; 0 when it may at once. */
  waitMs(now: number): number {
    const oldest = this.#times[this.#next] ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, oldest + this.#windowMs - now);
  }

  /** It happens. */
  take(now: number): void {
    this.#times[this.#next] = now;
    this.#next = (this.#next + 1) % this.#times.length;
  }
}
