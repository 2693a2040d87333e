import {
  array,
  decimal,
  type Fields,
  integer,
  maybeDecimal,
  millisOrMicros,
  object,
  side,
} from "../model/fields.ts";
import { malformed } from "../model/malformed.ts";
import type { ParseContext } from "../model/mapping.ts";
import type { BookChange, Level, Stamped, Trade } from "../model/market-event.ts";

/** What is known of a message beside its data. */
export interface BinanceMessage {
  readonly symbol: string;
  readonly channel: string;
  readonly receivedAt: number;
  readonly raw?: string;
}

/** A single trade. */
export function parseTrade(fields: Fields, message: BinanceMessage, { emit }: ParseContext): void {
  emit("trade", trade(fields, message, { id: fields["t"], fills: 1 }));
}

/** The fills of one order at one price. The id is its last fill's, so that it is of the same numbers as single trades. */
export function parseAggregate(fields: Fields, message: BinanceMessage, { emit }: ParseContext): void {
  const first = integer(fields["f"], "f");
  const last = integer(fields["l"], "l");
  emit(
    "trade",
    trade(fields, message, { id: last, fills: Math.max(1, last - first + 1), sequence: fields["a"] }),
  );
}

/** What single trades and aggregates have in common, of streams and REST lists alike. */
export function trade(
  fields: Fields,
  message: BinanceMessage,
  { id, fills, sequence = id }: { readonly id: unknown; readonly fills: number; readonly sequence?: unknown },
): Trade {
  const maker = fields["m"];
  if (typeof maker !== "boolean") throw malformed("m", maker, "true or false");
  return {
    exchange: "binance",
    symbol: message.symbol,
    trade_id: String(integer(id, "t")),
    price: decimal(fields["p"], "p"),
    size: decimal(fields["q"], "q"),
    // The buyer had waited in the book: the seller took.
    side: maker ? "sell" : "buy",
    fills,
    sequence: integer(sequence, "a"),
    exchange_time: millisOrMicros(fields["T"], "T"),
    received_at: message.receivedAt,
    backfilled: false,
    ...(message.raw === undefined ? {} : { raw: message.raw }),
  };
}

/** The best bid and offer. Spot tells no time of it. */
export function parseBookTicker(fields: Fields, message: BinanceMessage, { emit }: ParseContext): void {
  emit("bbo", {
    ...stamp(fields["T"] ?? fields["E"], message),
    bid_price: maybeDecimal(fields["b"], "b"),
    bid_size: maybeDecimal(fields["B"], "B"),
    ask_price: maybeDecimal(fields["a"], "a"),
    ask_size: maybeDecimal(fields["A"], "A"),
    sequence: integer(fields["u"], "u"),
  });
}

/** What changed in a book. */
export function parseDepth(fields: Fields, message: BinanceMessage, { emit }: ParseContext): void {
  const previous = fields["pu"];
  emit("orderbook", {
    exchange: "binance",
    symbol: message.symbol,
    channel: message.channel,
    action: "update",
    exchange_time: millisOrMicros(fields["E"], "E"),
    received_at: message.receivedAt,
    bids: levels(fields["b"], "b"),
    asks: levels(fields["a"], "a"),
    sequence: integer(fields["u"], "u"),
    first: integer(fields["U"], "U"),
    previous: previous === undefined ? null : integer(previous, "pu"),
    ...(message.raw === undefined ? {} : { raw: message.raw }),
  });
}

/** The best levels, whole. */
export function parsePartialDepth(fields: Fields, message: BinanceMessage, { emit }: ParseContext): void {
  emit("orderbook", depthSnapshot(fields, message));
}

/** A snapshot, of a stream of best levels or of the REST interface. */
export function depthSnapshot(fields: Fields, message: BinanceMessage): BookChange {
  const sequence = fields["lastUpdateId"] ?? fields["u"];
  return {
    ...stamp(fields["E"] ?? undefined, message),
    channel: message.channel,
    action: "snapshot",
    bids: levels(fields["bids"] ?? fields["b"], "bids"),
    asks: levels(fields["asks"] ?? fields["a"], "asks"),
    sequence: integer(sequence, "lastUpdateId"),
    first: null,
    previous: null,
  };
}

/** A candle, which goes on until `x` is true. */
export function parseKline(fields: Fields, message: BinanceMessage, { emit }: ParseContext): void {
  const kline = object(fields["k"], "k");
  const interval = kline["i"];
  if (typeof interval !== "string") throw malformed("i", interval, "an interval");
  emit("candle", {
    ...stamp(fields["E"], message),
    interval,
    open_time: millisOrMicros(kline["t"], "t"),
    open: decimal(kline["o"], "o"),
    high: decimal(kline["h"], "h"),
    low: decimal(kline["l"], "l"),
    close: decimal(kline["c"], "c"),
    volume: decimal(kline["v"], "v"),
    quote_volume: decimal(kline["q"], "q"),
    trades: integer(kline["n"], "n"),
    closed: kline["x"] === true,
    origin: "exchange",
  });
}

/** Statistics of 24 hours; USD-M tells no bid and offer in it. */
export function parseTicker(fields: Fields, message: BinanceMessage, { emit }: ParseContext): void {
  emit("ticker", {
    ...stamp(fields["E"], message),
    last: decimal(fields["c"], "c"),
    last_size: maybeDecimal(fields["Q"], "Q"),
    bid_price: maybeDecimal(fields["b"], "b"),
    bid_size: maybeDecimal(fields["B"], "B"),
    ask_price: maybeDecimal(fields["a"], "a"),
    ask_size: maybeDecimal(fields["A"], "A"),
    open_24h: maybeDecimal(fields["o"], "o"),
    high_24h: maybeDecimal(fields["h"], "h"),
    low_24h: maybeDecimal(fields["l"], "l"),
    volume_24h: maybeDecimal(fields["v"], "v"),
    quote_volume_24h: maybeDecimal(fields["q"], "q"),
  });
}

/** The mark price, with the funding rate that is due next. */
export function parseMarkPrice(fields: Fields, message: BinanceMessage, { emit }: ParseContext): void {
  const stamped = stamp(fields["E"], message);
  emit("mark_price", {
    ...stamped,
    price: decimal(fields["p"], "p"),
    index_price: maybeDecimal(fields["i"], "i"),
  });
  // Contracts that end on a day pay no funding: their rate is an empty text.
  const rate = maybeDecimal(fields["r"], "r");
  if (rate !== null)
    emit("funding", {
      ...stamped,
      rate,
      funding_time: millisOrMicros(fields["T"], "T"),
      next_rate: null,
    });
}

/** A position that was closed by force. */
export function parseForceOrder(fields: Fields, message: BinanceMessage, { emit }: ParseContext): void {
  const order = object(fields["o"], "o");
  emit("liquidation", {
    ...stamp(order["T"], message),
    side: side(order["S"], "S"),
    price: decimal(order["ap"] ?? order["p"], "ap"),
    size: decimal(order["q"], "q"),
  });
}

function stamp(time: unknown, message: BinanceMessage): Stamped {
  return {
    exchange: "binance",
    symbol: message.symbol,
    exchange_time: time === undefined ? null : millisOrMicros(time, "E"),
    received_at: message.receivedAt,
    ...(message.raw === undefined ? {} : { raw: message.raw }),
  };
}

/** Levels are looked at when they are put into a book. */
function levels(value: unknown, field: string): readonly Level[] {
  return array(value, field) as readonly Level[];
}
