import {
  array,
  decimal,
  type Fields,
  integer,
  isoMicros,
  maybeDecimal,
  side,
  text,
} from "../model/fields.ts";
import { malformed } from "../model/malformed.ts";
import type { ParseContext, Parser } from "../model/mapping.ts";
import type { Level, Side, Stamped, Trade } from "../model/market-event.ts";
import { readJson } from "../model/read-json.ts";
import type { Symbols } from "../model/symbols.ts";

interface Arrival {
  readonly receivedAt: number;
  readonly raw?: string;
}

type Take = (fields: Fields, arrival: Arrival, context: ParseContext) => void;

const TAKERS: Readonly<Record<string, Take>> = {
  match: (fields, arrival, context) => {
    context.emit("trade", exchangeTrade(fields, arrival, context.symbols));
    takeOrder(fields, arrival, context);
  },
  last_match: (fields, arrival, { emit, symbols }) => emit("trade", exchangeTrade(fields, arrival, symbols)),
  ticker: takeTicker,
  snapshot: takeSnapshot,
  l2update: takeChanges,
  received: takeOrder,
  open: takeOrder,
  done: takeOrder,
  change: takeOrder,
  heartbeat: (fields, _, { control, symbols }) =>
    control({
      kind: "heartbeat",
      symbol: symbols.normal(text(fields["product_id"], "product_id")),
      lastTrade: integer(fields["last_trade_id"], "last_trade_id"),
    }),
  subscriptions: takeSubscriptions,
  error: (fields, _, { control }) => control(refusal(fields)),
};

/** Takes the messages of one connection to Coinbase Exchange. */
export function exchangeParser(context: ParseContext): Parser {
  return (source, receivedAt) => {
    const fields = readJson(source);
    const take = TAKERS[text(fields["type"], "type")];
    // New kinds of messages may come at any time, says the exchange.
    if (take === undefined) return context.control({ kind: "ignored" });
    take(fields, context.raw ? { receivedAt, raw: source } : { receivedAt }, context);
  };
}

/** A trade, of the feed and of the REST list alike. The side that is told is that of who had waited in the book. */
export function exchangeTrade(
  fields: Fields,
  { receivedAt, raw }: Arrival,
  symbols: Symbols,
  product: unknown = fields["product_id"],
): Trade {
  const id = integer(fields["trade_id"], "trade_id");
  return {
    exchange: "coinbase",
    symbol: symbols.normal(text(product, "product_id")),
    trade_id: String(id),
    price: decimal(fields["price"], "price"),
    size: decimal(fields["size"], "size"),
    side: side(fields["side"], "side") === "buy" ? "sell" : "buy",
    fills: 1,
    sequence: id,
    exchange_time: isoMicros(fields["time"], "time"),
    received_at: receivedAt,
    backfilled: false,
    ...(raw === undefined ? {} : { raw }),
  };
}

function takeTicker(fields: Fields, arrival: Arrival, context: ParseContext): void {
  context.emit("ticker", {
    ...stamp(fields, arrival, context.symbols),
    last: decimal(fields["price"], "price"),
    last_size: maybeDecimal(fields["last_size"], "last_size"),
    bid_price: maybeDecimal(fields["best_bid"], "best_bid"),
    bid_size: maybeDecimal(fields["best_bid_size"], "best_bid_size"),
    ask_price: maybeDecimal(fields["best_ask"], "best_ask"),
    ask_size: maybeDecimal(fields["best_ask_size"], "best_ask_size"),
    open_24h: maybeDecimal(fields["open_24h"], "open_24h"),
    high_24h: maybeDecimal(fields["high_24h"], "high_24h"),
    low_24h: maybeDecimal(fields["low_24h"], "low_24h"),
    volume_24h: maybeDecimal(fields["volume_24h"], "volume_24h"),
    quote_volume_24h: null,
  });
}

function takeSnapshot(fields: Fields, arrival: Arrival, { emit, symbols }: ParseContext): void {
  emit("orderbook", {
    ...stamp(fields, arrival, symbols),
    // The messages do not tell the channel: a book is taken from one of the two.
    channel: "level2",
    action: "snapshot",
    bids: array(fields["bids"], "bids") as readonly Level[],
    asks: array(fields["asks"], "asks") as readonly Level[],
    sequence: null,
    first: null,
    previous: null,
  });
}

function takeChanges(fields: Fields, arrival: Arrival, { emit, symbols }: ParseContext): void {
  const bids: Level[] = [];
  const asks: Level[] = [];
  for (const each of array(fields["changes"], "changes")) {
    const [of, price, size] = array(each, "changes");
    (side(of, "changes") === "buy" ? bids : asks).push([price as string, size as string]);
  }
  emit("orderbook", {
    ...stamp(fields, arrival, symbols),
    channel: "level2",
    action: "update",
    bids,
    asks,
    sequence: null,
    first: null,
    previous: null,
  });
}

/** What a message of the full channel does to the book. Prices of market orders and of changed funds are not told. */
function takeOrder(fields: Fields, arrival: Arrival, { emit, symbols }: ParseContext): void {
  const kind = fields["type"];
  const of: Side | null = fields["side"] === undefined ? null : side(fields["side"], "side");
  const order = {
    ...stamp(fields, arrival, symbols),
    channel: "full",
    side: of,
    price: maybeDecimal(fields["price"] ?? fields["new_price"], "price"),
    sequence: integer(fields["sequence"], "sequence"),
  };
  switch (kind) {
    case "open":
      return emit("order", { ...order, change: "open", ...orderSize(fields, "order_id", "remaining_size") });
    case "match":
      return emit("order", { ...order, change: "reduce", ...orderSize(fields, "maker_order_id", "size") });
    case "change":
      return emit("order", { ...order, change: "resize", ...orderSize(fields, "order_id", "new_size") });
    case "done":
      return emit("order", { ...order, change: "done", ...orderSize(fields, "order_id", "remaining_size") });
    default:
      return emit("order", { ...order, change: "other", ...orderSize(fields, "order_id", "size") });
  }
}

function orderSize(fields: Fields, id: string, size: string): { order_id: string; size: string | null } {
  return { order_id: text(fields[id], id), size: maybeDecimal(fields[size], size) };
}

function takeSubscriptions(fields: Fields, _: Arrival, { control, symbols }: ParseContext): void {
  for (const each of array(fields["channels"], "channels")) {
    const { name, product_ids: products } = each as { name?: unknown; product_ids?: unknown };
    if (typeof name !== "string") throw malformed("channels", each, "channels with names");
    for (const native of Array.isArray(products) ? (products as unknown[]) : []) {
      if (typeof native !== "string") continue;
      control({ kind: "subscribed", channel: name, symbol: symbols.normal(native) });
    }
  }
}

const PERMANENT = /not a valid product|invalid|authenticat|unrecognized|malformed|not supported|required/i;

function refusal(fields: Fields): Parameters<ParseContext["control"]>[0] {
  const said = [fields["message"], fields["reason"]].filter((each) => typeof each === "string").join(" ");
  const message = said === "" ? "no reason given" : said;
  return { kind: "refused", code: "error", message, permanent: PERMANENT.test(message) };
}

function stamp(fields: Fields, { receivedAt, raw }: Arrival, symbols: Symbols): Stamped {
  const time = fields["time"];
  return {
    exchange: "coinbase",
    symbol: symbols.normal(text(fields["product_id"], "product_id")),
    exchange_time: time === undefined ? null : isoMicros(time, "time"),
    received_at: receivedAt,
    ...(raw === undefined ? {} : { raw }),
  };
}
