import type { ExchangeMapping } from "../model/exchange-mapping.ts";
import { object, text } from "../model/fields.ts";
import { spotChannels, usdmChannels } from "./channels.ts";
import { binanceParser } from "./parse.ts";
import { binanceRequests, binanceUserRequest } from "./requests.ts";
import { binanceRest } from "./rest.ts";
import { binanceSymbols, USDM } from "./symbols.ts";

/** A connection is closed after a day; an hour before, another takes over. */
const LIFETIME_MS = 23 * 3_600_000;

const socket = { perConnection: 200, sendsPerSecond: 4, connectsPerSecond: 1, lifetimeMs: LIFETIME_MS };

/** Binance: spot, and USD-M futures as `BASE-QUOTE-PERP`. */
export const binance: ExchangeMapping = {
  name: "binance",
  symbols: binanceSymbols,
  channels: (native) => (native.startsWith(USDM) ? usdmChannels : spotChannels),
  aliases: {
    trades: "aggTrade",
    book: "depth@100ms",
    bbo: "bookTicker",
    mark_price: "markPrice@1s",
    liquidations: "forceOrder",
  },
  sockets: {
    spot: { ...socket, url: "wss://stream.binance.com:9443/stream" },
    "usdm-public": { ...socket, url: "wss://fstream.binance.com/public/stream" },
    "usdm-market": { ...socket, url: "wss://fstream.binance.com/market/stream" },
    "spot-user": { ...socket, url: "wss://ws-api.binance.com:443/ws-api/v3" },
    // The token lives for an hour: the connection is renewed before.
    "usdm-user": { ...socket, url: "wss://fstream.binance.com/private/ws", lifetimeMs: 50 * 60_000 },
  },
  restBase: (path) => (path.startsWith("/fapi/") ? "https://fapi.binance.com" : "https://api.binance.com"),
  parser: binanceParser,
  subscribe: (subscriptions, { credentials, now, nextId }) => {
    const user = subscriptions.some(({ channel, native }) => channel === "user" && !native.startsWith(USDM));
    const streams = subscriptions.filter(({ channel }) => channel !== "user");
    return [
      ...(user && credentials !== undefined ? [binanceUserRequest(credentials, now)] : []),
      ...(streams.length === 0 ? [] : binanceRequests("SUBSCRIBE", streams, nextId())),
    ];
  },
  unsubscribe: (subscriptions, { nextId }) => {
    const streams = subscriptions.filter(({ channel }) => channel !== "user");
    return streams.length === 0 ? [] : binanceRequests("UNSUBSCRIBE", streams, nextId());
  },
  passphrase: false,
  restHeaders: ({ key }) => ({ "x-mbx-apikey": key }),
  async address(name, { client, signal }) {
    if (name !== "usdm-user") return "";
    const answer = await client.ask("POST", "/fapi/v1/listenKey", signal);
    return `/${text(object(answer, "answer")["listenKey"], "listenKey")}`;
  },
  rest: binanceRest,
};
