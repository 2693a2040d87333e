import type { Clock } from "@millrace/core";

/** What the exchange's feed is to do, with the defaults filled in. */
export interface FeedSettings {
  readonly clock: Clock;
  readonly raw: boolean;
  readonly books: {
    /** Levels of a snapshot row. */
    readonly depth: number;
    /** Microseconds between two snapshot rows of a book; undefined: none are landed. */
    readonly snapshotUs: number | undefined;
    readonly updates: boolean;
    readonly bbo: boolean;
  };
  readonly candles: {
    readonly intervals: readonly string[];
    readonly graceUs: number;
    readonly empty: boolean;
  };
  readonly backfill: {
    readonly trades: boolean;
    readonly candles: boolean;
    /** Milliseconds that trades which are missing are waited for before they are asked for. */
    readonly afterMs: number;
    /** Requests for one gap. */
    readonly maxRequests: number;
  };
}
