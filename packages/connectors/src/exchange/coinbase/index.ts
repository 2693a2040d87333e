import type { ExchangeMapping } from "../model/exchange-mapping.ts";
import { advancedChannels, exchangeChannels } from "./channels.ts";
import { advancedParser } from "./parse-advanced.ts";
import { exchangeParser } from "./parse-exchange.ts";
import { advancedRequests, exchangeRequest } from "./requests.ts";
import { advancedRest, exchangeRest } from "./rest.ts";
import { coinbaseSymbols } from "./symbols.ts";

const socket = { perConnection: 50, sendsPerSecond: 8, connectsPerSecond: 4 };

/** Coinbase Exchange. */
export const coinbase: ExchangeMapping = {
  name: "coinbase",
  symbols: coinbaseSymbols,
  channels: () => exchangeChannels,
  aliases: { trades: "matches", book: "level2_batch" },
  sockets: { exchange: { ...socket, url: "wss://ws-feed.exchange.coinbase.com" } },
  restBase: () => "https://api.exchange.coinbase.com",
  parser: exchangeParser,
  subscribe: (subscriptions, { credentials, now }) => {
    const signed =
      credentials === undefined
        ? undefined
        : { key: credentials.key, secret: credentials.secret, passphrase: credentials.passphrase ?? "" };
    return [exchangeRequest("subscribe", subscriptions, signed, now)];
  },
  unsubscribe: (subscriptions) => [exchangeRequest("unsubscribe", subscriptions)],
  passphrase: true,
  // Both feeds of books word their messages in the same way.
  bookChannel: (channel) => (channel === "level2_batch" ? "level2" : channel),
  rest: exchangeRest,
};

/** Coinbase Advanced Trade. */
export const coinbaseAdvanced: ExchangeMapping = {
  name: "coinbase-advanced",
  symbols: coinbaseSymbols,
  channels: () => advancedChannels,
  aliases: { trades: "market_trades", book: "level2" },
  sockets: {
    advanced: { ...socket, url: "wss://advanced-trade-ws.coinbase.com" },
    "advanced-user": { ...socket, url: "wss://advanced-trade-ws-user.coinbase.com" },
  },
  restBase: () => "https://api.coinbase.com",
  parser: advancedParser,
  subscribe: (subscriptions, { credentials, now }) =>
    advancedRequests("subscribe", subscriptions, credentials, now),
  unsubscribe: (subscriptions, { credentials, now }) =>
    advancedRequests("unsubscribe", subscriptions, credentials, now),
  passphrase: false,
  rest: advancedRest,
};
