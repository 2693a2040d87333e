import {
  array,
  decimal,
  type Fields,
  integer,
  maybeDecimal,
  millis,
  object,
  side,
  text,
} from "../model/fields.ts";
import { malformed } from "../model/malformed.ts";
import type { ChannelFacts, ParseContext } from "../model/mapping.ts";
import type { Level } from "../model/market-event.ts";

/** What the items of a message have in common. */
export interface OkxMessage {
  readonly channel: string;
  readonly native: string;
  readonly facts: ChannelFacts;
  readonly action: unknown;
  readonly receivedAt: number;
  readonly raw?: string;
}

interface Stamp {
  exchange: "okx";
  symbol: string;
  exchange_time: number;
  received_at: number;
  raw?: string;
}

/** A trade of `trades` (fills of one order at one price) or `trades-all` (one by one). */
export function parseTrade(item: unknown, message: OkxMessage, context: ParseContext): void {
  const fields = object(item, "data");
  const id = text(fields["tradeId"], "tradeId");
  const count = fields["count"];
  context.emit("trade", {
    exchange: "okx",
    symbol: context.symbols.normal(message.native),
    trade_id: id,
    price: decimal(fields["px"], "px"),
    size: decimal(fields["sz"], "sz"),
    side: side(fields["side"], "side"),
    fills: count === undefined ? 1 : integer(count, "count"),
    sequence: integer(id, "tradeId"),
    exchange_time: millis(fields["ts"], "ts"),
    received_at: message.receivedAt,
    backfilled: false,
    ...(message.raw === undefined ? {} : { raw: message.raw }),
  });
}

/** Statistics of 24 hours. */
export function parseTicker(item: unknown, message: OkxMessage, context: ParseContext): void {
  const fields = object(item, "data");
  context.emit("ticker", {
    ...stamp(fields, message, context),
    last: decimal(fields["last"], "last"),
    last_size: maybeDecimal(fields["lastSz"], "lastSz"),
    // An empty side of the book is an empty text.
    bid_price: maybeDecimal(fields["bidPx"], "bidPx"),
    bid_size: maybeDecimal(fields["bidSz"], "bidSz"),
    ask_price: maybeDecimal(fields["askPx"], "askPx"),
    ask_size: maybeDecimal(fields["askSz"], "askSz"),
    open_24h: maybeDecimal(fields["open24h"], "open24h"),
    high_24h: maybeDecimal(fields["high24h"], "high24h"),
    low_24h: maybeDecimal(fields["low24h"], "low24h"),
    volume_24h: maybeDecimal(fields["vol24h"], "vol24h"),
    quote_volume_24h: maybeDecimal(fields["volCcy24h"], "volCcy24h"),
  });
}

/** The best bid and offer, of channel `bbo-tbt`. */
export function parseBbo(item: unknown, message: OkxMessage, context: ParseContext): void {
  const fields = object(item, "data");
  const bid = levels(fields["bids"], "bids")[0];
  const ask = levels(fields["asks"], "asks")[0];
  const sequence = fields["seqId"];
  context.emit("bbo", {
    ...stamp(fields, message, context),
    bid_price: bid === undefined ? null : decimal(bid[0], "bids"),
    bid_size: bid === undefined ? null : decimal(bid[1], "bids"),
    ask_price: ask === undefined ? null : decimal(ask[0], "asks"),
    ask_size: ask === undefined ? null : decimal(ask[1], "asks"),
    sequence: sequence === undefined ? null : integer(sequence, "seqId"),
  });
}

/** A snapshot or a change of a book. Channels without actions send snapshots alone. */
export function parseBook(item: unknown, message: OkxMessage, context: ParseContext): void {
  const fields = object(item, "data");
  const action = message.action ?? "snapshot";
  if (action !== "snapshot" && action !== "update")
    throw malformed("action", action, '"snapshot" or "update"');
  const sequence = fields["seqId"];
  const previous = fields["prevSeqId"];
  const checksum = fields["checksum"];
  context.emit("orderbook", {
    exchange: "okx",
    symbol: context.symbols.normal(message.native),
    channel: message.channel,
    action,
    exchange_time: millis(fields["ts"], "ts"),
    received_at: message.receivedAt,
    bids: levels(fields["bids"], "bids"),
    asks: levels(fields["asks"], "asks"),
    sequence: sequence === undefined ? null : integer(sequence, "seqId"),
    first: null,
    previous: previous === undefined ? null : integer(previous, "prevSeqId"),
    ...(checksum === undefined ? {} : { checksum: integer(checksum, "checksum") }),
    ...(message.raw === undefined ? {} : { raw: message.raw }),
  });
}

/** A candle, which is an array; in 2022 two fields shorter. */
export function parseCandle(item: unknown, message: OkxMessage, context: ParseContext): void {
  const fields = array(item, "data");
  const opened = millis(fields[0], "ts");
  context.emit("candle", {
    exchange: "okx",
    symbol: context.symbols.normal(message.native),
    interval: message.facts.interval ?? "",
    open_time: opened,
    open: decimal(fields[1], "o"),
    high: decimal(fields[2], "h"),
    low: decimal(fields[3], "l"),
    close: decimal(fields[4], "c"),
    volume: decimal(fields[5], "vol"),
    quote_volume: maybeDecimal(fields[7], "volCcyQuote"),
    trades: null,
    closed: fields[8] === "1",
    origin: "exchange",
    exchange_time: null,
    received_at: message.receivedAt,
    ...(message.raw === undefined ? {} : { raw: message.raw }),
  });
}

/** The funding rate of a perpetual contract. */
export function parseFunding(item: unknown, message: OkxMessage, context: ParseContext): void {
  const fields = object(item, "data");
  context.emit("funding", {
    ...stamp(fields, message, context),
    rate: decimal(fields["fundingRate"], "fundingRate"),
    funding_time: millis(fields["fundingTime"], "fundingTime"),
    next_rate: maybeDecimal(fields["nextFundingRate"], "nextFundingRate"),
  });
}

/** How many contracts are open. */
export function parseOpenInterest(item: unknown, message: OkxMessage, context: ParseContext): void {
  const fields = object(item, "data");
  context.emit("open_interest", {
    ...stamp(fields, message, context),
    contracts: decimal(fields["oi"], "oi"),
    base_amount: maybeDecimal(fields["oiCcy"], "oiCcy"),
  });
}

/** The price that margins are reckoned by. */
export function parseMarkPrice(item: unknown, message: OkxMessage, context: ParseContext): void {
  const fields = object(item, "data");
  context.emit("mark_price", {
    ...stamp(fields, message, context),
    price: decimal(fields["markPx"], "markPx"),
    index_price: null,
  });
}

/** Positions that were closed by force: one instrument, several details. */
export function parseLiquidations(item: unknown, message: OkxMessage, context: ParseContext): void {
  const fields = object(item, "data");
  const symbol = context.symbols.normal(text(fields["instId"], "instId"));
  for (const each of array(fields["details"], "details")) {
    const detail = object(each, "details");
    context.emit("liquidation", {
      exchange: "okx",
      symbol,
      exchange_time: millis(detail["ts"], "ts"),
      received_at: message.receivedAt,
      side: side(detail["side"], "side"),
      price: decimal(detail["bkPx"], "bkPx"),
      size: decimal(detail["sz"], "sz"),
      ...(message.raw === undefined ? {} : { raw: message.raw }),
    });
  }
}

function stamp(fields: Fields, message: OkxMessage, { symbols }: ParseContext): Stamp {
  // In most channels the message names the instrument; where it does not, each item does.
  const native = message.native === "" ? text(fields["instId"], "instId") : message.native;
  return {
    exchange: "okx",
    symbol: symbols.normal(native),
    exchange_time: millis(fields["ts"], "ts"),
    received_at: message.receivedAt,
    ...(message.raw === undefined ? {} : { raw: message.raw }),
  };
}

/** Levels are looked at when they are put into a book. */
function levels(value: unknown, field: string): readonly Level[] {
  return array(value, field) as readonly Level[];
}
