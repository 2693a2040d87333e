import { linkedRangeRule, rangeRule } from "../book/sequence-rule.ts";
import type { ChannelFacts } from "../model/mapping.ts";

const INTERVALS = [
  "1m",
  "3m",
  "5m",
  "15m",
  "30m",
  "1h",
  "2h",
  "4h",
  "6h",
  "8h",
  "12h",
  "1d",
  "3d",
  "1w",
  "1M",
];
const DEPTHS = ["depth5", "depth10", "depth20"];

/** Spot: all channels are on one address. */
const spot: Readonly<Record<string, ChannelFacts>> = {
  trade: { socket: "spot", brings: "trade", trades: "single" },
  aggTrade: { socket: "spot", brings: "trade", trades: "aggregated" },
  bookTicker: { socket: "spot", brings: "bbo" },
  ticker: { socket: "spot", brings: "ticker" },
  depth: { socket: "spot", brings: "orderbook", rule: rangeRule },
  "depth@100ms": { socket: "spot", brings: "orderbook", rule: rangeRule },
  kline_1s: { socket: "spot", brings: "candle", interval: "1s" },
  user: { socket: "spot-user", brings: "account", login: true },
};

/** USD-M futures: books have an address of their own. */
const usdm: Readonly<Record<string, ChannelFacts>> = {
  aggTrade: { socket: "usdm-market", brings: "trade", trades: "aggregated" },
  bookTicker: { socket: "usdm-public", brings: "bbo" },
  ticker: { socket: "usdm-market", brings: "ticker" },
  depth: { socket: "usdm-public", brings: "orderbook", rule: linkedRangeRule },
  "depth@100ms": { socket: "usdm-public", brings: "orderbook", rule: linkedRangeRule },
  markPrice: { socket: "usdm-market", brings: "mark_price", silenceMs: 15_000 },
  "markPrice@1s": { socket: "usdm-market", brings: "mark_price", silenceMs: 10_000 },
  forceOrder: { socket: "usdm-market", brings: "liquidation" },
  user: { socket: "usdm-user", brings: "account", login: true },
};

/** Every channel of Binance spot that can be collected. */
export const spotChannels = withCommon(spot, { books: "spot", candles: "spot" });

/** Every channel of Binance USD-M futures that can be collected. */
export const usdmChannels = withCommon(usdm, { books: "usdm-public", candles: "usdm-market" });

function withCommon(
  own: Readonly<Record<string, ChannelFacts>>,
  { books, candles }: { readonly books: string; readonly candles: string },
): ReadonlyMap<string, ChannelFacts> {
  const partial = DEPTHS.flatMap((depth) => [depth, `${depth}@100ms`]).map((word): [string, ChannelFacts] => [
    word,
    { socket: books, brings: "orderbook" },
  ]);
  const klines = INTERVALS.map((interval): [string, ChannelFacts] => [
    `kline_${interval}`,
    { socket: candles, brings: "candle", interval },
  ]);
  return new Map([...Object.entries(own), ...partial, ...klines]);
}
