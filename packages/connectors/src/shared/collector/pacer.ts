import type { Clock } from "@millrace/core";

/** Keeps things apart in time, in the order in which they ask. */
export class Pacer {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #free = Number.NEGATIVE_INFINITY;

  /** @param perSecond how many may go in a second */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#everyMs = 1_000 / perSecond;
  }

  /** Resolves when it is the caller's turn, or when `signal` is aborted. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    const at = Math.max(now, this.#free);
    this.#free = at + this.#everyMs;
    if (at > now) await this.#clock.sleep(at - now, signal);
  }
}
