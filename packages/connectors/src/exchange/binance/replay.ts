import type { Fields } from "../model/fields.ts";
import type { Subscription } from "../model/mapping.ts";
import type { ReplayDialect, ReplayMarket, ReplayRequest } from "../replay/replay-dialect.ts";
import { spotChannels } from "./channels.ts";

/** Plays captures as Binance spot. */
export const binanceReplay: ReplayDialect = {
  request: readRequest,
  subject: (message) => streamOf(message["stream"]),
  change(message) {
    const stream = streamOf(message["stream"]);
    const data = (message["data"] ?? {}) as Fields;
    if (stream === undefined || data["e"] !== "depthUpdate") return undefined;
    const levels = { bids: data["b"] as string[][], asks: data["a"] as string[][] };
    return { ...stream, whole: false, ...levels, sequence: data["u"] as number };
  },
  trade(message) {
    const stream = streamOf(message["stream"]);
    if (stream === undefined || (stream.channel !== "trade" && stream.channel !== "aggTrade"))
      return undefined;
    return { native: stream.native, fields: message["data"] as Fields };
  },
  candle(message) {
    const stream = streamOf(message["stream"]);
    if (stream === undefined || !stream.channel.startsWith("kline")) return undefined;
    return { ...stream, fields: (message["data"] as { k: Fields }).k };
  },
  snapshot: () => undefined,
  rest(path, query, market) {
    const native = query.get("symbol") ?? "";
    switch (path) {
      case "/api/v3/depth": {
        const book = market.book(native);
        if (book === undefined) return { status: 400, body: { code: -1121, msg: "Invalid symbol." } };
        return { body: { lastUpdateId: book.sequence, bids: book.bids, asks: book.asks } };
      }
      case "/api/v3/exchangeInfo":
        return { body: { symbols: market.natives.map(instrument) } };
      case "/api/v3/historicalTrades":
        return { body: trades(native, query, market) };
      case "/api/v3/aggTrades":
        return { body: aggregates(native, query, market) };
      case "/api/v3/klines":
        return { body: candles(native, query, market) };
      default:
        return undefined;
    }
  },
};

function streamOf(stream: unknown): Subscription | undefined {
  const match = typeof stream === "string" ? /^([a-z0-9]+)@(\S+)$/.exec(stream) : null;
  return match === null ? undefined : { native: (match[1] ?? "").toUpperCase(), channel: match[2] ?? "" };
}

function readRequest(text: string, { natives }: ReplayMarket): ReplayRequest {
  const nothing = { subscribe: [], unsubscribe: [] };
  const refusal = (msg: string): ReplayRequest => ({
    ...nothing,
    replies: [JSON.stringify({ code: 2, msg })],
  });
  let request: { method?: unknown; params?: unknown; id?: unknown };
  try {
    request = JSON.parse(text) as typeof request;
  } catch {
    return refusal("Invalid JSON");
  }
  const { method, params, id } = request;
  if (
    (method !== "SUBSCRIBE" && method !== "UNSUBSCRIBE") ||
    !Array.isArray(params) ||
    typeof id !== "number"
  )
    return refusal("Invalid request: unknown method, or wrong parameters");
  const taken = (params as unknown[]).map(streamOf);
  // The exchange takes unknown streams without a word, and sends nothing of them.
  const known = taken.filter(
    (each): each is Subscription =>
      each !== undefined && natives.includes(each.native) && spotChannels.has(each.channel),
  );
  const replies = [JSON.stringify({ result: null, id })];
  return method === "SUBSCRIBE"
    ? { subscribe: known, unsubscribe: [], replies }
    : { subscribe: [], unsubscribe: known, replies };
}

function instrument(symbol: string): object {
  const quote = /(USDT|BTC|ETH|EUR)$/.exec(symbol)?.[1] ?? "USDT";
  const filters = [
    { filterType: "PRICE_FILTER", tickSize: "0.10000000" },
    { filterType: "LOT_SIZE", stepSize: "0.00001000" },
  ];
  return { symbol, status: "TRADING", baseAsset: symbol.slice(0, -quote.length), quoteAsset: quote, filters };
}

function trades(native: string, query: URLSearchParams, market: ReplayMarket): unknown[] {
  const from = Number(query.get("fromId") ?? 0);
  return market
    .trades(native)
    .filter(({ t }) => Number(t) >= from)
    .slice(0, Number(query.get("limit") ?? 500))
    .map(({ t, p, q, T, m }) => ({ id: t, price: p, qty: q, time: T, isBuyerMaker: m, isBestMatch: true }));
}

function aggregates(native: string, query: URLSearchParams, market: ReplayMarket): unknown[] {
  const from = Number(query.get("fromId") ?? 0);
  return market
    .trades(native)
    .filter(({ a }) => Number(a) >= from)
    .slice(0, Number(query.get("limit") ?? 500));
}

function candles(native: string, query: URLSearchParams, market: ReplayMarket): unknown[] {
  const [from, to] = [Number(query.get("startTime") ?? 0), Number(query.get("endTime") ?? Infinity)];
  return market
    .candles(`kline_${query.get("interval")}`, native)
    .filter(({ t, x }) => x === true && Number(t) >= from && Number(t) <= to)
    .map(({ t, o, h, l, c, v, T, q, n }) => [t, o, h, l, c, v, T, q, n, "0", "0", "0"]);
}
