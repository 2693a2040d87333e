import { chainRule, unnumberedRule } from "../book/sequence-rule.ts";
import type { ChannelFacts } from "../model/mapping.ts";

/** Heartbeats come every second. */
const HEARTBEAT_SILENCE_MS = 10_000;

/** Every channel of Coinbase Exchange that can be collected. */
export const exchangeChannels: ReadonlyMap<string, ChannelFacts> = new Map<string, ChannelFacts>([
  ["matches", { socket: "exchange", brings: "trade", trades: "single" }],
  ["ticker", { socket: "exchange", brings: "ticker" }],
  ["ticker_batch", { socket: "exchange", brings: "ticker" }],
  ["level2_batch", { socket: "exchange", brings: "orderbook", rule: unnumberedRule }],
  ["level2", { socket: "exchange", brings: "orderbook", rule: unnumberedRule, login: true }],
  ["full", { socket: "exchange", brings: "orderbook", rule: chainRule, orders: true, login: true }],
  ["heartbeat", { socket: "exchange", brings: "none", silenceMs: HEARTBEAT_SILENCE_MS }],
]);

/** Every channel of Coinbase Advanced Trade that can be collected. */
export const advancedChannels: ReadonlyMap<string, ChannelFacts> = new Map<string, ChannelFacts>([
  ["market_trades", { socket: "advanced", brings: "trade", trades: "single" }],
  ["ticker", { socket: "advanced", brings: "ticker" }],
  ["ticker_batch", { socket: "advanced", brings: "ticker" }],
  ["level2", { socket: "advanced", brings: "orderbook", rule: unnumberedRule }],
  ["candles", { socket: "advanced", brings: "candle", interval: "5m" }],
  ["heartbeats", { socket: "advanced", brings: "none", silenceMs: HEARTBEAT_SILENCE_MS }],
  ["user", { socket: "advanced-user", brings: "account", login: true }],
]);
