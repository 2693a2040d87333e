import { MillraceError } from "@millrace/core";
import type { Clock } from "@millrace/core";

/** Requests in a minute. */
export interface RequestRates {
  /** Of one user or token. Default 1,200. */
  readonly identity: number;
  /** Of one address, where nobody is signed in or the sign-in does not hold. Default 300. */
  readonly address: number;
}

export const REQUEST_RATES: RequestRates = { identity: 1_200, address: 300 };

const WINDOW_MS = 60_000;
/** Callers that are told apart; beyond it new ones share one count, so that memory is bounded. */
const CALLERS = 20_000;

/** Counts requests by caller and minute. */
export class RequestLimits {
  readonly #rates: RequestRates;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  #since: number;

  constructor(rates: RequestRates, clock: Clock) {
    this.#rates = rates;
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  /** Counts a request. Fails with MLR_REQUEST_LIMIT where there were too many in this minute. */
  take(kind: keyof RequestRates, caller: string): void {
    const now = this.#clock.monotonic();
    if (now - this.#since >= WINDOW_MS) {
      this.#counts.clear();
      this.#since = now;
    }
    const own = `${kind} ${caller}`;
    const key = this.#counts.has(own) || this.#counts.size < CALLERS ? own : `${kind} others`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    const limit = this.#rates[kind];
    if (count <= limit) return;
    const seconds = Math.ceil((this.#since + WINDOW_MS - now) / 1_000);
    throw new MillraceError("MLR_REQUEST_LIMIT", `More than ${limit} requests in a minute`, {
      hint: `Try again in ${seconds} seconds; GET /api/v1/live tells changes without asking again and again.`,
      details: { retryAfterSeconds: seconds },
    });
  }
}
