import type { Clock } from "@millrace/core";

/** When a sink may be tried, by how it fared. */
export class SinkHealth {
  readonly #clock: Clock;
  readonly #firstMs: number;
  readonly #maxMs: number;
  #failures = 0;
  #until = 0;
  #reason = "";

  constructor(clock: Clock, firstMs: number, maxMs: number) {
    this.#clock = clock;
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
  }

  /** True from the moment that a batch was given up until one is taken. */
  get down(): boolean {
    return this.#failures > 0;
  }

  /** Why it is down. */
  get reason(): string {
    return this.#reason;
  }

  /** Milliseconds until it may be tried; 0 where it may be now. */
  get waitMs(): number {
    return this.down ? Math.max(0, this.#until - this.#clock.monotonic()) : 0;
  }

  /** A batch was given up. True where the sink was up until then. */
  failed(reason: string, atLeastMs: number): boolean {
    const wait = Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(this.#failures, 20));
    // Many processes that lost the same sink should not come back at the same instant.
    this.#until = this.#clock.monotonic() + Math.max(atLeastMs, wait * (0.75 + Math.random() / 2));
    this.#failures += 1;
    this.#reason = reason;
    return this.#failures === 1;
  }

  /** A batch was taken. True where the sink was down until then. */
  worked(): boolean {
    const recovered = this.down;
    this.#failures = 0;
    return recovered;
  }
}
