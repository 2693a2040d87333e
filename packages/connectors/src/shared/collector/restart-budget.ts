import { type Clock, MillraceError } from "@millrace/core";
import { Backoff } from "./backoff.ts";
import type { CollectorOptions } from "./definition.ts";

const PER_HOUR = 10;
const HOUR_MS = 3_600_000;

/** How often a collector may start anew by itself, and when. */
export class RestartBudget {
  readonly #clock: Clock;
  readonly #perHour: number;
  readonly #backoff: Backoff;
  #times: number[] = [];

  constructor(options: CollectorOptions, clock: Clock) {
    this.#clock = clock;
    this.#perHour = options.restartsPerHour ?? PER_HOUR;
    this.#backoff = new Backoff(options.reconnect ?? {}, clock);
  }

  /** Milliseconds until it may start anew; an error where that was too often. @param ranMs for how long it had run */
  next(ranMs: number, failure: MillraceError): number | MillraceError {
    const now = this.#clock.monotonic();
    this.#times = this.#times.filter((at) => at > now - HOUR_MS);
    if (this.#times.length >= this.#perHour) {
      const often = `it was restarted ${this.#times.length} times within an hour`;
      return new MillraceError("MLR_SOURCE_FAILED", `${often}, and fails again: ${failure.message}`, {
        retry: "never",
        cause: failure,
        hint: "Its errors are in the log. When their cause is gone, start it again.",
      });
    }
    this.#times.push(now);
    this.#backoff.ended(ranMs);
    return this.#backoff.next();
  }
}
