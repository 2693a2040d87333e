import type { ExchangeMapping } from "../model/exchange-mapping.ts";
import { okxChannels } from "./channels.ts";
import { PERMANENT_CLOSES } from "./errors.ts";
import { okxParser } from "./parse.ts";
import { okxLogin, okxRequests } from "./requests.ts";
import { okxRest } from "./rest.ts";
import { okxSymbols } from "./symbols.ts";

const socket = {
  perConnection: 100,
  sendsPerSecond: 2,
  connectsPerSecond: 3,
  // The server closes what has not been spoken on for 30 s; frames of the protocol do not count.
  keepAlive: { afterMs: 20_000, send: "ping" },
};

/** OKX v5. */
export const okx: ExchangeMapping = {
  name: "okx",
  symbols: okxSymbols,
  channels: () => okxChannels,
  aliases: {
    ticker: "tickers",
    book: "books",
    bbo: "bbo-tbt",
    funding: "funding-rate",
    open_interest: "open-interest",
    mark_price: "mark-price",
    liquidations: "liquidation-orders",
  },
  isGlobal: (channel) => channel === "account",
  sockets: {
    public: { ...socket, url: "wss://ws.okx.com:8443/ws/v5/public" },
    business: { ...socket, url: "wss://ws.okx.com:8443/ws/v5/business" },
    private: { ...socket, url: "wss://ws.okx.com:8443/ws/v5/private" },
  },
  restBase: () => "https://www.okx.com",
  tradeSpan: ({ fills }) => fills,
  parser: okxParser,
  subscribe: (subscriptions) => okxRequests("subscribe", subscriptions),
  unsubscribe: (subscriptions) => okxRequests("unsubscribe", subscriptions),
  login: ({ key, secret, passphrase = "" }, now) => okxLogin({ key, secret, passphrase }, now),
  logsIn: (name) => name === "private",
  passphrase: true,
  closeIsFinal: (code) => PERMANENT_CLOSES.has(code),
  rest: okxRest,
};
