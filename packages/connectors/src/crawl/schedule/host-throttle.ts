/** What a host is asked at most. */
export interface ThrottleLimits {
  readonly maxConcurrency: number;
  /** Least time between two requests. */
  readonly delayMs: number;
}

/** Good answers in a row after which one more request at a time is tried. */
const STEP_UP = 16;
/** A host is slow when it takes so many times as long as it did at its best, and at least so much longer. */
const SLOW_FACTOR = 4;
const SLOW_MS = 250;
const BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 300_000;

/**
 * How many requests a host gets, and when: fewer when it refuses (429, 503) or becomes slow, more again when it answers well.
 * All times are of one monotonic clock.
 */
export class HostThrottle {
  #max: number;
  #delayMs: number;
  #limit: number;
  #inFlight = 0;
  /** Until one request is over nobody knows what the host asks for: no second one is sent. */
  #isNew = true;
  #nextAt = 0;
  #pausedUntil = 0;
  #good = 0;
  #refusals = 0;
  #best = Number.POSITIVE_INFINITY;
  #average: number | undefined;

  constructor({ maxConcurrency, delayMs }: ThrottleLimits) {
    this.#max = delayMs > 0 ? 1 : maxConcurrency;
    this.#delayMs = delayMs;
    this.#limit = this.#max;
  }

  /** Requests at a time that it gets for now. */
  get limit(): number {
    return this.#limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** When the next request may be sent; infinity: when one of those under way is over. */
  readyAt(): number {
    if (this.#inFlight >= (this.#isNew ? 1 : this.#limit)) return Number.POSITIVE_INFINITY;
    return Math.max(this.#nextAt, this.#pausedUntil);
  }

  /** The host asks for a longer time between two requests, from now on. */
  atLeastEvery(delayMs: number, now: number): void {
    if (delayMs <= this.#delayMs) return;
    this.#delayMs = delayMs;
    this.#nextAt = now + delayMs;
    this.#max = 1;
    this.#limit = 1;
  }

  started(now: number): void {
    this.#inFlight++;
    this.#nextAt = now + this.#delayMs;
  }

  /** A request is over that was answered well. */
  answered(ms: number): void {
    this.#over();
    this.#refusals = 0;
    this.#best = Math.min(this.#best, ms);
    this.#average = this.#average === undefined ? ms : this.#average * 0.9 + ms * 0.1;
    this.#good++;
    if (this.#good < STEP_UP) return;
    this.#good = 0;
    const slow = this.#average > this.#best * SLOW_FACTOR && this.#average > this.#best + SLOW_MS;
    this.#limit = slow ? Math.max(1, this.#limit - 1) : Math.min(this.#max, this.#limit + 1);
    // What was best once is no measure for ever.
    this.#best = this.#best * 1.02 + 0.1;
  }

  /** A request is over that the host refused for now. `retryAfterMs`: the wait that it asks for. */
  refused(now: number, retryAfterMs: number | undefined): void {
    this.#over();
    this.#good = 0;
    // Those that were under way together are refused together: that is one refusal.
    if (now >= this.#pausedUntil) {
      this.#refusals++;
      this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    }
    const backoff = Math.min(BACKOFF_MS * 2 ** (this.#refusals - 1), MAX_BACKOFF_MS);
    this.#pausedUntil = Math.max(this.#pausedUntil, now + (retryAfterMs ?? backoff));
  }

  /** A request is over that failed, or was given up. */
  failed(): void {
    this.#over();
    this.#good = 0;
  }

  #over(): void {
    this.#inFlight--;
    this.#isNew = false;
  }
}
