import type { ExchangeRest } from "../model/exchange-mapping.ts";
import { array, decimal, type Fields, integer, maybeDecimal, millis, object, text } from "../model/fields.ts";
import type { Instrument, Trade } from "../model/market-event.ts";
import type { Symbols } from "../model/symbols.ts";
import { type BinanceMessage, depthSnapshot, trade } from "./parse-data.ts";
import { USDM } from "./symbols.ts";

/** Most trades or candles of one answer. */
const LIMIT = 1_000;

/** Binance's REST interfaces; requests are weighed, and this many in a minute are always allowed. */
export const binanceRest: ExchangeRest = {
  spacingMs: 300,
  async instruments(native, { client, symbols, signal, now }) {
    const answer = object(await client.get(pathOf(native, "exchangeInfo"), signal), "answer");
    const received_at = now();
    return array(answer["symbols"], "symbols").map((each) => ({
      ...instrument(object(each, "symbols"), native.startsWith(USDM) ? USDM : "", symbols),
      received_at,
    }));
  },
  async trades({ channel, native }, hole, { client, symbols, signal, now }) {
    const message = { symbol: symbols.normal(native), channel, receivedAt: now() };
    const query = `symbol=${wordOf(native)}&fromId=${hole.first}&limit=${LIMIT}`;
    const single = channel === "trade";
    const answer = await client.get(
      pathOf(native, `${single ? "historicalTrades" : "aggTrades"}?${query}`),
      signal,
    );
    return array(answer, "answer").map((each) => backfilled(object(each, "answer"), message, single));
  },
  async candles({ native }, interval, { from, to }, { client, symbols, signal, now }) {
    const query = `symbol=${wordOf(native)}&interval=${interval}&startTime=${from / 1_000}&endTime=${to / 1_000 - 1}&limit=${LIMIT}`;
    const answer = await client.get(pathOf(native, `klines?${query}`), signal);
    const received = now();
    return array(answer, "answer").map((each) => {
      const fields = array(each, "answer");
      return {
        exchange: "binance",
        symbol: symbols.normal(native),
        interval,
        open_time: millis(fields[0], "open time"),
        open: decimal(fields[1], "open"),
        high: decimal(fields[2], "high"),
        low: decimal(fields[3], "low"),
        close: decimal(fields[4], "close"),
        volume: decimal(fields[5], "volume"),
        quote_volume: decimal(fields[7], "quote volume"),
        trades: integer(fields[8], "trades"),
        // A candle whose last instant is still to come is not over.
        closed: millis(fields[6], "close time") < received,
        origin: "exchange",
        exchange_time: null,
        received_at: received,
      };
    });
  },
  async book({ channel, native }, { client, symbols, signal, now }) {
    const limit = native.startsWith(USDM) ? 1_000 : 5_000;
    const answer = await client.get(pathOf(native, `depth?symbol=${wordOf(native)}&limit=${limit}`), signal);
    return depthSnapshot(object(answer, "answer"), {
      symbol: symbols.normal(native),
      channel,
      receivedAt: now(),
    });
  },
};

function pathOf(native: string, path: string): string {
  return `${native.startsWith(USDM) ? "/fapi/v1" : "/api/v3"}/${path}`;
}

function wordOf(native: string): string {
  return native.startsWith(USDM) ? native.slice(USDM.length) : native;
}

/** Single trades are listed in words of their own. */
function backfilled(fields: Fields, message: BinanceMessage, single: boolean): Trade {
  if (single) {
    const said = { p: fields["price"], q: fields["qty"], T: fields["time"], m: fields["isBuyerMaker"] };
    return { ...trade(said, message, { id: fields["id"], fills: 1 }), backfilled: true };
  }
  const first = integer(fields["f"], "f");
  const last = integer(fields["l"], "l");
  const fills = Math.max(1, last - first + 1);
  return { ...trade(fields, message, { id: last, fills, sequence: fields["a"] }), backfilled: true };
}

function instrument(fields: Fields, prefix: string, symbols: Symbols): Omit<Instrument, "received_at"> {
  const native = text(fields["symbol"], "symbol");
  const base = text(fields["baseAsset"], "baseAsset");
  const quote = text(fields["quoteAsset"], "quoteAsset");
  const contract = fields["contractType"];
  const kind = prefix === "" ? "spot" : contract === "PERPETUAL" ? "perpetual" : "future";
  const filters = array(fields["filters"] ?? [], "filters").map((each) => object(each, "filters"));
  const filter = (type: string): Fields => filters.find(({ filterType }) => filterType === type) ?? {};
  return {
    exchange: "binance",
    symbol: symbols.normal(prefix + native),
    exchange_time: null,
    native: prefix + native,
    kind,
    base,
    quote,
    tick_size: maybeDecimal(filter("PRICE_FILTER")["tickSize"], "tickSize"),
    lot_size: maybeDecimal(filter("LOT_SIZE")["stepSize"], "stepSize"),
    contract_size: kind === "spot" ? null : "1",
    active: fields["status"] === "TRADING",
  };
}
