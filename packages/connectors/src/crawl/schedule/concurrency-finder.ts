const WINDOW_MS = 250;
const FIRST = 8;
/** More requests at a time have to bring so much more. */
const GAIN = 1.08;
const PROBE_WINDOWS = 20;

/**
 * Finds how many requests at a time are worth it, by what they bring: doubles while that grows, then tries a little more or
 * less from time to time.
 */
export class ConcurrencyFinder {
  readonly #max: number;
  #limit: number;
  #since: number | undefined;
  #done = 0;
  #saturated = false;
  #best = 0;
  #before = 0;
  #ramping = true;
  #windows = 0;
  #probing = false;

  /** @param max requests at a time, at most. */
  constructor(max: number) {
    this.#max = max;
    this.#limit = Math.min(FIRST, max);
  }

  get limit(): number {
    return this.#limit;
  }

  /** As many requests are under way as the limit allows, and more would be sent. */
  full(): void {
    this.#saturated = true;
  }

  /** One more request is over. */
  done(now: number): void {
    this.#since ??= now;
    this.#done++;
    const ms = now - this.#since;
    // A window has to hold enough to tell something.
    if (ms < WINDOW_MS || this.#done < this.#limit) return;
    const rate = (this.#done * 1_000) / ms;
    const saturated = this.#saturated;
    this.#since = now;
    this.#done = 0;
    this.#saturated = false;
    if (saturated) this.#judge(rate);
  }

  #judge(rate: number): void {
    if (this.#ramping) return this.#ramp(rate);
    this.#windows++;
    if (this.#probing) {
      this.#probing = false;
      if (rate < this.#best * GAIN) this.#limit = this.#before;
      this.#best = Math.max(rate, this.#best * 0.9);
      return;
    }
    this.#best = this.#best * 0.8 + rate * 0.2;
    if (this.#windows % PROBE_WINDOWS !== 0) return;
    this.#before = this.#limit;
    this.#probing = true;
    this.#limit = Math.min(this.#max, Math.ceil(this.#limit * 1.5));
  }

  #ramp(rate: number): void {
    if (rate < this.#best * GAIN) {
      this.#ramping = false;
      this.#limit = this.#before;
      return;
    }
    this.#best = rate;
    this.#before = this.#limit;
    this.#limit = Math.min(this.#max, this.#limit * 2);
    if (this.#limit === this.#before) this.#ramping = false;
  }
}
