import { type Clock, MillraceError } from "@millrace/core";

interface Bucket {
  /** Rows that may come now; below 0 after more came at once. */
  left: number;
  at: number;
}

/** Keeps each token to a number of rows per second, with bursts of ten seconds. */
export class TokenRates {
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  /** @param perSecond 0: any number */
  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Counts rows. Fails with MLR_PUSH_BUSY where too many came before: a request that has begun is not cut off. */
  spend(token: string, rows: number): void {
    if (this.#perSecond === 0) return;
    const now = this.#clock.monotonic();
    const most = this.#perSecond * 10;
    const bucket = this.#buckets.get(token) ?? { left: most, at: now };
    bucket.left = Math.min(most, bucket.left + ((now - bucket.at) / 1_000) * this.#perSecond);
    bucket.at = now;
    this.#buckets.set(token, bucket);
    if (bucket.left <= 0) {
      const seconds = Math.max(1, Math.ceil((1 - bucket.left) / this.#perSecond));
      throw new MillraceError("MLR_PUSH_BUSY", `This token may send ${this.#perSecond} rows per second`, {
        hint: "Send it again after the time that the answer says, with the same batch id.",
        details: { retryAfterSeconds: seconds },
      });
    }
    bucket.left -= rows;
  }
}
