import type { Clock } from "@millrace/core";
import type { ResolvedExchangeOptions } from "../options.ts";
import type { MarketPlan } from "./plan.ts";
import type { FeedSettings } from "./settings.ts";
import { STREAM_OF } from "./streams.ts";

/** The settings that options say. */
export function feedSettings(options: ResolvedExchangeOptions, clock: Clock): FeedSettings {
  const { raw, books, candles, backfill } = options;
  return {
    clock,
    raw,
    books: {
      depth: books.depth,
      snapshotUs: books.snapshotEveryMs === false ? undefined : books.snapshotEveryMs * 1_000,
      updates: books.updates,
      bbo: books.bbo,
    },
    candles: {
      intervals: candles.intervals,
      graceUs: candles.graceMs * 1_000,
      empty: candles.empty,
    },
    backfill,
  };
}

/** Names of the streams that will have rows. */
export function streamsOf(
  { subscriptions }: MarketPlan,
  { books, candles, instruments }: ResolvedExchangeOptions,
): string[] {
  const streams = new Set<string>();
  for (const { channel, facts } of subscriptions) {
    const { brings } = facts;
    if (brings === "orderbook") {
      if (books.snapshotEveryMs !== false) streams.add("book_snapshots");
      if (books.updates) streams.add("book_updates");
      if (books.bbo) streams.add("bbo");
    } else if (brings !== "none") streams.add(STREAM_OF[brings] ?? brings);
    // Binance tells the funding rate with the mark price.
    if (channel.startsWith("markPrice")) streams.add("funding");
    if (brings === "trade" && candles.intervals.length > 0) streams.add("candles");
    if (brings === "trade" || brings === "orderbook" || brings === "candle") streams.add("gaps");
  }
  if (instruments) streams.add("instruments");
  return [...streams];
}
