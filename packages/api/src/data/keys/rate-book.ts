import { type Clock, MillraceError } from "@millrace/core";
import type { DataCaller } from "./data-caller.ts";

/** Requests that are answered in a minute. */
export interface DataRates {
  /** To a key that has no limit of its own. Default 6,000. */
  readonly key: number;
  /** To an address without a key. Default 600. */
  readonly address: number;
}

const DATA_RATES: DataRates = { key: 6_000, address: 600 };

const WINDOW_MS = 60_000;
/** Callers that are told apart; beyond it new ones share one count, so that memory is bounded. */
const CALLERS = 20_000;

/** Counts requests by caller and minute. */
export class RateBook {
  readonly #rates: DataRates;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  #since: number;

  constructor(rates: Partial<DataRates>, clock: Clock) {
    this.#rates = { ...DATA_RATES, ...rates };
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  /** Counts a request. Fails with MLR_REQUEST_LIMIT where there were too many in this minute. */
  take(caller: DataCaller, address: string): void {
    const { key } = caller;
    this.#count(
      key?.id ?? address,
      key === undefined ? this.#rates.address : (caller.rate ?? this.#rates.key),
    );
  }

  /** Counts a request whose key does not hold, so that nobody can try many. Fails with MLR_REQUEST_LIMIT. */
  takeUnknown(address: string): void {
    this.#count(address, this.#rates.address);
  }

  #count(who: string, limit: number): void {
    const now = this.#clock.monotonic();
    if (now - this.#since >= WINDOW_MS) {
      this.#counts.clear();
      this.#since = now;
    }
    const name = this.#counts.has(who) || this.#counts.size < CALLERS ? who : "";
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    if (count <= limit) return;
    const seconds = Math.ceil((this.#since + WINDOW_MS - now) / 1_000);
    throw new MillraceError("MLR_REQUEST_LIMIT", `More than ${limit} requests in a minute`, {
      hint: `Try again in ${seconds} seconds; larger pages and exports need fewer requests.`,
      details: { retryAfterSeconds: seconds },
    });
  }
}
