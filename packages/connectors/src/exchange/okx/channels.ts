import { chainRule } from "../book/sequence-rule.ts";
import type { ChannelFacts } from "../model/mapping.ts";

/** Candles by OKX's word for the interval. Without `utc`, days and longer begin at UTC+8, as do bars of 6 and 12 hours. */
const INTERVALS: Readonly<Record<string, string>> = {
  "1s": "1s",
  "1m": "1m",
  "3m": "3m",
  "5m": "5m",
  "15m": "15m",
  "30m": "30m",
  "1H": "1h",
  "2H": "2h",
  "4H": "4h",
  "6H": "6h@8",
  "12H": "12h@8",
  "1D": "1d@8",
  "2D": "2d@8",
  "3D": "3d@8",
  "5D": "5d@8",
  "1W": "1w@8",
  "1M": "1M@8",
  "3M": "3M@8",
  "6Hutc": "6h",
  "12Hutc": "12h",
  "1Dutc": "1d",
  "2Dutc": "2d",
  "3Dutc": "3d",
  "5Dutc": "5d",
  "1Wutc": "1w",
  "1Mutc": "1M",
  "3Mutc": "3M",
};

/** Books of liquid instruments change several times a second; twice a keep-alive's 60 s is silence for all others. */
const BOOK_SILENCE_MS = 130_000;

const fixed: Readonly<Record<string, ChannelFacts>> = {
  trades: { socket: "public", brings: "trade", trades: "aggregated" },
  "trades-all": { socket: "business", brings: "trade", trades: "single" },
  tickers: { socket: "public", brings: "ticker" },
  books: { socket: "public", brings: "orderbook", rule: chainRule, silenceMs: BOOK_SILENCE_MS },
  books5: { socket: "public", brings: "orderbook" },
  "bbo-tbt": { socket: "public", brings: "bbo" },
  "books-l2-tbt": {
    socket: "public",
    brings: "orderbook",
    rule: chainRule,
    login: true,
    silenceMs: BOOK_SILENCE_MS,
  },
  "books50-l2-tbt": {
    socket: "public",
    brings: "orderbook",
    rule: chainRule,
    login: true,
    silenceMs: BOOK_SILENCE_MS,
  },
  "funding-rate": { socket: "public", brings: "funding" },
  "open-interest": { socket: "public", brings: "open_interest" },
  "mark-price": { socket: "public", brings: "mark_price" },
  "liquidation-orders": { socket: "public", brings: "liquidation" },
  instruments: { socket: "public", brings: "instrument" },
  orders: { socket: "private", brings: "account", login: true },
  account: { socket: "private", brings: "account", login: true },
};

/** Every channel of OKX that can be collected. */
export const okxChannels: ReadonlyMap<string, ChannelFacts> = new Map([
  ...Object.entries(fixed),
  ...Object.entries(INTERVALS).map(([word, interval]): [string, ChannelFacts] => [
    `candle${word}`,
    { socket: "business", brings: "candle", interval },
  ]),
]);

/** Channels that are asked for by kind of instrument, such as SWAP, rather than one by one. */
export const BY_KIND: ReadonlySet<string> = new Set(["liquidation-orders", "instruments", "orders"]);
