import { canonicalJson } from "@millrace/core";
import {
  array,
  decimal,
  type Fields,
  integer,
  isoMicros,
  isoNanos,
  maybeDecimal,
  object,
  side,
  text,
} from "../model/fields.ts";
import { malformed } from "../model/malformed.ts";
import type { ParseContext, Parser } from "../model/mapping.ts";
import type { Level, Trade } from "../model/market-event.ts";
import { readJson } from "../model/read-json.ts";
import type { Symbols } from "../model/symbols.ts";

const EXCHANGE = "coinbase-advanced";
/** The feed's candles are of five minutes. */
const CANDLE_US = 300_000_000;

interface Envelope {
  readonly timestamp: number;
  readonly receivedAt: number;
  readonly raw?: string;
}

type Take = (event: Fields, envelope: Envelope, context: ParseContext) => void;

const TAKERS: Readonly<Record<string, Take>> = {
  market_trades: takeTrades,
  ticker: takeTickers,
  ticker_batch: takeTickers,
  l2_data: takeBook,
  candles: takeCandles,
  subscriptions: takeSubscriptions,
  heartbeats: (_, __, { control }) => control({ kind: "heartbeat" }),
  user: (event, { timestamp, receivedAt }, { emit }) =>
    emit("account", {
      exchange: EXCHANGE,
      symbol: "",
      exchange_time: timestamp,
      received_at: receivedAt,
      channel: "user",
      data: canonicalJson(event),
    }),
};

/** Takes the messages of one connection to Coinbase Advanced Trade, which are numbered over all of its channels. */
export function advancedParser(context: ParseContext): Parser {
  let last: number | undefined;
  return (source, receivedAt) => {
    const message = readJson(source);
    if (message["type"] === "error") return context.control(refusal(message));
    const channel = text(message["channel"], "channel");
    const number = integer(message["sequence_num"], "sequence_num");
    if (last !== undefined && number > last + 1)
      context.control({ kind: "connection-gap", first: last + 1, last: number - 1 });
    last = Math.max(last ?? number, number);
    const take = TAKERS[channel];
    if (take === undefined) return context.control({ kind: "ignored" });
    const envelope = {
      timestamp: isoMicros(message["timestamp"], "timestamp"),
      receivedAt,
      ...(context.raw ? { raw: source } : {}),
    };
    for (const event of array(message["events"], "events")) take(object(event, "events"), envelope, context);
  };
}

/** A trade, of the feed and of the REST list alike. */
export function advancedTrade(
  fields: Fields,
  { receivedAt, raw }: { readonly receivedAt: number; readonly raw?: string },
  symbols: Symbols,
): Trade {
  const id = text(fields["trade_id"], "trade_id");
  const nanos = isoNanos(fields["time"], "time");
  return {
    exchange: EXCHANGE,
    symbol: symbols.normal(text(fields["product_id"], "product_id")),
    trade_id: id,
    price: decimal(fields["price"], "price"),
    size: decimal(fields["size"], "size"),
    side: side(fields["side"], "side"),
    fills: 1,
    sequence: integer(id, "trade_id"),
    exchange_time: Number(nanos / 1_000n),
    ...(nanos % 1_000n === 0n ? {} : { exchange_time_ns: nanos }),
    received_at: receivedAt,
    backfilled: false,
    ...(raw === undefined ? {} : { raw }),
  };
}

/** Several trades come together, the newest first. */
function takeTrades(event: Fields, envelope: Envelope, { emit, symbols }: ParseContext): void {
  const trades = array(event["trades"], "trades").map((each) =>
    advancedTrade(object(each, "trades"), envelope, symbols),
  );
  trades.sort((a, b) => a.sequence - b.sequence);
  for (const trade of trades) emit("trade", trade);
}

function takeTickers(event: Fields, envelope: Envelope, { emit, symbols }: ParseContext): void {
  for (const each of array(event["tickers"], "tickers")) {
    const fields = object(each, "tickers");
    emit("ticker", {
      ...stamp(fields, envelope, symbols),
      last: decimal(fields["price"], "price"),
      last_size: null,
      bid_price: maybeDecimal(fields["best_bid"], "best_bid"),
      bid_size: maybeDecimal(fields["best_bid_quantity"], "best_bid_quantity"),
      ask_price: maybeDecimal(fields["best_ask"], "best_ask"),
      ask_size: maybeDecimal(fields["best_ask_quantity"], "best_ask_quantity"),
      open_24h: null,
      high_24h: maybeDecimal(fields["high_24_h"], "high_24_h"),
      low_24h: maybeDecimal(fields["low_24_h"], "low_24_h"),
      volume_24h: maybeDecimal(fields["volume_24_h"], "volume_24_h"),
      quote_volume_24h: null,
    });
  }
}

function takeBook(event: Fields, envelope: Envelope, { emit, symbols }: ParseContext): void {
  const action = event["type"];
  if (action !== "snapshot" && action !== "update") throw malformed("type", action, '"snapshot" or "update"');
  const bids: Level[] = [];
  const asks: Level[] = [];
  for (const each of array(event["updates"], "updates")) {
    const { side: of, price_level: price, new_quantity: size } = object(each, "updates");
    if (of !== "bid" && of !== "offer") throw malformed("side", of, '"bid" or "offer"');
    (of === "bid" ? bids : asks).push([price as string, size as string]);
  }
  emit("orderbook", {
    ...stamp(event, envelope, symbols),
    channel: "level2",
    action,
    bids,
    asks,
    sequence: null,
    first: null,
    previous: null,
  });
}

function takeCandles(event: Fields, envelope: Envelope, { emit, symbols }: ParseContext): void {
  for (const each of array(event["candles"], "candles")) {
    const fields = object(each, "candles");
    const opened = integer(fields["start"], "start") * 1_000_000;
    emit("candle", {
      ...stamp(fields, envelope, symbols),
      interval: "5m",
      open_time: opened,
      open: decimal(fields["open"], "open"),
      high: decimal(fields["high"], "high"),
      low: decimal(fields["low"], "low"),
      close: decimal(fields["close"], "close"),
      volume: decimal(fields["volume"], "volume"),
      quote_volume: null,
      trades: null,
      closed: opened + CANDLE_US <= envelope.timestamp,
      origin: "exchange",
    });
  }
}

function takeSubscriptions(event: Fields, _: Envelope, { control, symbols }: ParseContext): void {
  for (const [channel, products] of Object.entries(object(event["subscriptions"], "subscriptions"))) {
    for (const native of array(products, "subscriptions")) {
      const symbol = typeof native === "string" ? symbols.normal(native) : undefined;
      control({ kind: "subscribed", channel, symbol });
    }
  }
}

const PERMANENT = /authenticat|invalid|malformed|not a valid|unsupported|jwt/i;

function refusal(message: Fields): Parameters<ParseContext["control"]>[0] {
  const said = typeof message["message"] === "string" ? message["message"] : "no reason given";
  return { kind: "refused", code: "error", message: said, permanent: PERMANENT.test(said) };
}

function stamp(
  fields: Fields,
  { timestamp, receivedAt, raw }: Envelope,
  symbols: Symbols,
): { exchange: string; symbol: string; exchange_time: number; received_at: number; raw?: string } {
  return {
    exchange: EXCHANGE,
    symbol: symbols.normal(text(fields["product_id"], "product_id")),
    exchange_time: timestamp,
    received_at: receivedAt,
    ...(raw === undefined ? {} : { raw }),
  };
}
