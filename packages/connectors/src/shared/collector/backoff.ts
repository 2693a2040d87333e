import type { Clock } from "@millrace/core";
import type { ReconnectOptions } from "./definition.ts";

const DEFAULTS = { delayMs: 1_000, maxDelayMs: 60_000, resetMs: 30_000, maxAttempts: 30, windowMs: 300_000 };

/** When to try again: at once, then after waits that double and are random, and only so often within a time. */
export class Backoff {
  readonly #o: typeof DEFAULTS;
  readonly #clock: Clock;
  readonly #random: () => number;
  #failures = 0;
  #attempts: number[] = [];

  /** @param random from 0 to 1; default Math.random */
  constructor(options: ReconnectOptions, clock: Clock, random: () => number = Math.random) {
    this.#o = { ...DEFAULTS, ...options };
    this.#clock = clock;
    this.#random = random;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** The attempts of the time window are used up. */
  get exhausted(): boolean {
    this.#forget();
    return this.#attempts.length >= this.#o.maxAttempts;
  }

  /** A connection has ended. @param goodMs for how long it had delivered data */
  ended(goodMs: number): void {
    this.#failures = goodMs >= this.#o.resetMs ? 1 : this.#failures + 1;
  }

  /** Milliseconds to wait until the next attempt, which is counted. */
  next(): number {
    this.#forget();
    const now = this.#clock.monotonic();
    let wait = 0;
    if (this.#failures > 1) {
      const most = Math.min(this.#o.maxDelayMs, this.#o.delayMs * 2 ** Math.min(30, this.#failures - 2));
      wait = Math.round(most * this.#random());
    }
    const oldest = this.#attempts[0];
    if (this.#attempts.length >= this.#o.maxAttempts && oldest !== undefined)
      wait = Math.max(wait, oldest + this.#o.windowMs - now);
    this.#attempts.push(now + wait);
    return wait;
  }

  #forget(): void {
    const since = this.#clock.monotonic() - this.#o.windowMs;
    this.#attempts = this.#attempts.filter((at) => at > since);
  }
}
