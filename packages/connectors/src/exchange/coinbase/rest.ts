import type { ListedOrder } from "../book/order-book-3.ts";
import type { ExchangeRest } from "../model/exchange-mapping.ts";
import { array, decimal, integer, maybeDecimal, object, text } from "../model/fields.ts";
import type { Candle, Instrument, Side } from "../model/market-event.ts";
import { advancedTrade } from "./parse-advanced.ts";
import { exchangeTrade } from "./parse-exchange.ts";

/** Most trades of one answer. */
const LIMIT = 1_000;

/** Coinbase Exchange's REST interface: 10 public requests a second. */
export const exchangeRest: ExchangeRest = {
  spacingMs: 150,
  async instruments(_, { client, symbols, signal, now }) {
    const received_at = now();
    return array(await client.get("/products", signal), "answer").map((each): Instrument => {
      const fields = object(each, "answer");
      const native = text(fields["id"], "id");
      return {
        ...spot(native, fields["base_currency"], fields["quote_currency"]),
        exchange: "coinbase",
        symbol: symbols.normal(native),
        exchange_time: null,
        received_at,
        tick_size: maybeDecimal(fields["quote_increment"], "quote_increment"),
        lot_size: maybeDecimal(fields["base_increment"], "base_increment"),
        active: fields["status"] === "online",
      };
    });
  },
  async trades({ native }, hole, { client, symbols, signal, now }) {
    // `after` asks for what is older than a trade, the newest first.
    const path = `/products/${encodeURIComponent(native)}/trades?after=${hole.last + 1}&limit=${LIMIT}`;
    const answer = await client.get(path, signal);
    const receivedAt = now();
    return array(answer, "answer").map((each) => ({
      ...exchangeTrade(object(each, "answer"), { receivedAt }, symbols, native),
      backfilled: true,
    }));
  },
  async orders({ native }, { client, signal }) {
    const answer = object(
      await client.get(`/products/${encodeURIComponent(native)}/book?level=3`, signal),
      "answer",
    );
    return {
      orders: [...listed(answer["bids"], "buy"), ...listed(answer["asks"], "sell")],
      sequence: integer(answer["sequence"], "sequence"),
    };
  },
};

/** Advanced Trade's public REST interface. */
export const advancedRest: ExchangeRest = {
  spacingMs: 150,
  async instruments(_, { client, symbols, signal, now }) {
    const answer = object(await client.get("/api/v3/brokerage/market/products", signal), "answer");
    const received_at = now();
    return array(answer["products"], "products").map((each): Instrument => {
      const fields = object(each, "products");
      const native = text(fields["product_id"], "product_id");
      const [base, quote] = native.split("-");
      return {
        ...spot(native, fields["base_currency_id"] ?? base, fields["quote_currency_id"] ?? quote),
        exchange: "coinbase-advanced",
        symbol: symbols.normal(native),
        exchange_time: null,
        received_at,
        tick_size: maybeDecimal(fields["price_increment"], "price_increment"),
        lot_size: maybeDecimal(fields["base_increment"], "base_increment"),
        active: fields["is_disabled"] !== true,
      };
    });
  },
  async trades({ native }, _, { client, symbols, signal, now }) {
    // There is no asking by number: the newest thousand are all that can be had.
    const path = `/api/v3/brokerage/market/products/${encodeURIComponent(native)}/ticker?limit=${LIMIT}`;
    const answer = object(await client.get(path, signal), "answer");
    const receivedAt = now();
    return array(answer["trades"], "trades").map((each) => ({
      ...advancedTrade(object(each, "trades"), { receivedAt }, symbols),
      backfilled: true,
    }));
  },
  async candles({ native }, interval, { from, to }, { client, symbols, signal, now }) {
    const query = `start=${from / 1e6}&end=${to / 1e6 - 1}&granularity=FIVE_MINUTE`;
    const path = `/api/v3/brokerage/market/products/${encodeURIComponent(native)}/candles?${query}`;
    const answer = object(await client.get(path, signal), "answer");
    const received = now();
    return array(answer["candles"], "candles").map((each): Candle => {
      const fields = object(each, "candles");
      return {
        exchange: "coinbase-advanced",
        symbol: symbols.normal(native),
        interval,
        open_time: integer(fields["start"], "start") * 1_000_000,
        open: decimal(fields["open"], "open"),
        high: decimal(fields["high"], "high"),
        low: decimal(fields["low"], "low"),
        close: decimal(fields["close"], "close"),
        volume: decimal(fields["volume"], "volume"),
        quote_volume: null,
        trades: null,
        closed: (integer(fields["start"], "start") + 300) * 1_000_000 <= received,
        origin: "exchange",
        exchange_time: null,
        received_at: received,
      };
    });
  },
};

function spot(
  native: string,
  base: unknown,
  quote: unknown,
): Pick<Instrument, "native" | "kind" | "base" | "quote" | "contract_size"> {
  const perpetual = native.endsWith("-PERP-INTX");
  return {
    native,
    kind: perpetual ? "perpetual" : "spot",
    base: text(base, "base_currency"),
    quote: text(quote, "quote_currency"),
    contract_size: perpetual ? "1" : null,
  };
}

/** Orders are listed as price, size and id. */
function listed(value: unknown, of: Side): ListedOrder[] {
  return array(value, "orders").map((each) => {
    const [price, size, id] = array(each, "orders");
    return { id: text(id, "order_id"), side: of, price: text(price, "price"), size: text(size, "size") };
  });
}
