import type { Clock } from "@millrace/core";

/**
 * The time that ticks are counted in: ms since 1970 as the wall clock said when the grid was made, and from then on by the
 * monotonic clock, so that setting the wall clock moves no tick and repeats none.
 */
export class Grid {
  readonly #clock: Clock;
  readonly #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.now() - clock.monotonic();
  }

  now(): number {
    return this.#clock.monotonic() + this.#offset;
  }

  /** How far the wall clock has been set ahead of the grid, in ms; negative where it was set back. */
  wallAhead(): number {
    return this.#clock.now() - this.now();
  }

  /** Resolves at `time`, or at once when `signal` is or becomes aborted. */
  sleepUntil(time: number, signal: AbortSignal): Promise<void> {
    return this.#clock.sleep(Math.max(0, Math.ceil(time - this.now())), signal);
  }
}
