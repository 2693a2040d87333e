import type { Change, FirstBook, Happening } from "./simulate-market.ts";

/** What instruments are called, and how fine their prices and sizes are. */
export interface Naming {
  readonly native: string;
  readonly priceDigits: number;
  readonly sizeDigits: number;
}

/** Turns a market into the lines of a capture, in the words of one exchange. */
export type CaptureWriter = (
  names: readonly Naming[],
  market: { readonly books: readonly FirstBook[]; readonly happenings: readonly Happening[] },
) => string[];

interface Sums {
  readonly start: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  lots: bigint;
  /** Ticks times lots. */
  product: bigint;
  trades: number;
}

const MINUTE = 60_000;

/** OKX: acknowledgements, a snapshot of each book, then what happens; and each minute's candle when it is over. */
export const writeOkx: CaptureWriter = (names, { books, happenings }) => {
  const last = books.map(({ id }) => id);
  const candles = new Candles();
  const at = (happenings[0]?.at ?? 0) - 200;
  const lines = names.flatMap(({ native }) =>
    ["trades", "books", "tickers", "candle1m"].map((channel) =>
      line(at, { event: "subscribe", arg: { channel, instId: native }, connId: "a1b2c3d4" }),
    ),
  );
  const book = (ms: number, instrument: number, action: "snapshot" | "update", { id, ...of }: FirstBook) => {
    const naming = names[instrument] as Naming;
    const previous = action === "snapshot" ? -1 : last[instrument];
    last[instrument] = id;
    const level = (each: Change): string[] => [...told(each, naming), "0", each[1] === 0 ? "0" : "1"];
    return line(ms, {
      arg: { channel: "books", instId: naming.native },
      action,
      data: [
        {
          asks: of.asks.map(level),
          bids: of.bids.map(level),
          ts: String(ms),
          checksum: 0,
          prevSeqId: previous,
          seqId: id,
        },
      ],
    });
  };
  books.forEach((first, index) => lines.push(book(at + 100, index, "snapshot", first)));
  const candle = (ms: number, instrument: number, sums: Sums, closed: boolean): string => {
    const naming = names[instrument] as Naming;
    const { open, high, low, close } = sums;
    const prices = [open, high, low, close].map((each) => digits(BigInt(each), naming.priceDigits));
    const volume = digits(sums.lots, naming.sizeDigits);
    const quote = digits(sums.product, naming.priceDigits + naming.sizeDigits);
    return line(ms, {
      arg: { channel: "candle1m", instId: naming.native },
      data: [[String(sums.start), ...prices, volume, quote, quote, closed ? "1" : "0"]],
    });
  };
  for (const each of happenings) {
    const naming = names[each.instrument] as Naming;
    const instId = naming.native;
    if (each.kind === "book") lines.push(book(each.at, each.instrument, "update", each));
    else if (each.kind === "ticker") {
      const [bidPx, bidSz] = told(each.bid, naming);
      const [askPx, askSz] = told(each.ask, naming);
      const data = {
        instType: "SPOT",
        instId,
        last: digits(BigInt(each.last), naming.priceDigits),
        lastSz: "1",
      };
      lines.push(
        line(each.at, {
          arg: { channel: "tickers", instId },
          data: [{ ...data, askPx, askSz, bidPx, bidSz, ts: String(each.at) }],
        }),
      );
    } else {
      for (const [instrument, sums] of candles.take(each))
        lines.push(candle(each.at, instrument, sums, true));
      const [px, sz] = told([each.price, each.size], naming);
      const side = each.buy ? "buy" : "sell";
      const data = {
        instId,
        tradeId: String(each.id),
        px,
        sz,
        side,
        ts: String(each.at),
        count: "1",
        source: "0",
      };
      lines.push(line(each.at, { arg: { channel: "trades", instId }, data: [{ ...data, seqId: each.id }] }));
    }
  }
  return lines;
};

/** Binance spot: combined streams of trades, books, best prices and candles, with the REST snapshots of the books. */
export const writeBinance: CaptureWriter = (names, { books, happenings }) => {
  const last = books.map(({ id }) => id);
  const candles = new Candles();
  const at = (happenings[0]?.at ?? 0) - 200;
  const lines = books.map((first, index) => {
    const naming = names[index] as Naming;
    const body = {
      lastUpdateId: first.id,
      bids: first.bids.map((each) => told(each, naming, true)),
      asks: first.asks.map((each) => told(each, naming, true)),
    };
    const url = `https://api.binance.com/api/v3/depth?symbol=${naming.native}&limit=5000`;
    return `${url} -> ${seconds(at)}: ${JSON.stringify(body)}`;
  });
  const stream = (ms: number, naming: Naming, channel: string, data: object): string =>
    line(ms, { stream: `${naming.native.toLowerCase()}@${channel}`, data });
  for (const each of happenings) {
    const naming = names[each.instrument] as Naming;
    const s = naming.native;
    if (each.kind === "book") {
      const U = (last[each.instrument] ?? 0) + 1;
      last[each.instrument] = each.id;
      const b = each.bids.map((change) => told(change, naming, true));
      const a = each.asks.map((change) => told(change, naming, true));
      lines.push(
        stream(each.at, naming, "depth@100ms", { e: "depthUpdate", E: each.at, s, U, u: each.id, b, a }),
      );
    } else if (each.kind === "ticker") {
      const [b, B] = told(each.bid, naming, true);
      const [a, A] = told(each.ask, naming, true);
      lines.push(stream(each.at, naming, "bookTicker", { u: last[each.instrument], s, b, B, a, A }));
    } else {
      for (const [instrument, sums] of candles.take(each))
        lines.push(
          stream(
            each.at,
            names[instrument] as Naming,
            "kline_1m",
            kline(each.at, names[instrument] as Naming, sums),
          ),
        );
      const [p, q] = told([each.price, each.size], naming, true);
      const data = { e: "trade", E: each.at, s, t: each.id, p, q, T: each.at, m: !each.buy, M: true };
      lines.push(stream(each.at, naming, "trade", data));
    }
  }
  return lines;
};

/** Coinbase Exchange: matches, tickers, books in batches, and a heartbeat of each product every second. */
export const writeCoinbase: CaptureWriter = (names, { books, happenings }) => {
  const at = (happenings[0]?.at ?? 0) - 200;
  const products = names.map(({ native }) => native);
  const channels = ["matches", "level2_batch", "ticker", "heartbeat"].map((name) => ({
    name,
    product_ids: products,
  }));
  const lines = [line(at, { type: "subscriptions", channels })];
  books.forEach((first, index) => {
    const naming = names[index] as Naming;
    const bids = first.bids.map((each) => told(each, naming, true));
    const asks = first.asks.map((each) => told(each, naming, true));
    lines.push(
      line(at + 100, { type: "snapshot", product_id: naming.native, bids, asks, time: iso(at + 100) }),
    );
  });
  const lastTrade = books.map((_, index) => 1_000_000 * (index + 1));
  let beat = Math.floor(at / 1_000);
  for (const each of happenings) {
    const naming = names[each.instrument] as Naming;
    const product = naming.native;
    for (; beat < Math.floor(each.at / 1_000); beat++) {
      names.forEach(({ native }, index) =>
        lines.push(
          line(each.at, {
            type: "heartbeat",
            sequence: each.at,
            last_trade_id: lastTrade[index],
            product_id: native,
            time: iso(each.at),
          }),
        ),
      );
    }
    if (each.kind === "book") {
      const changes = [
        ...each.bids.map((change) => ["buy", ...told(change, naming, true)]),
        ...each.asks.map((change) => ["sell", ...told(change, naming, true)]),
      ];
      lines.push(line(each.at, { type: "l2update", product_id: product, changes, time: iso(each.at) }));
    } else if (each.kind === "ticker") {
      const [best_bid, best_bid_size] = told(each.bid, naming, true);
      const [best_ask, best_ask_size] = told(each.ask, naming, true);
      const price = digits(BigInt(each.last), naming.priceDigits, true);
      const best = { best_bid, best_bid_size, best_ask, best_ask_size };
      lines.push(
        line(each.at, {
          type: "ticker",
          sequence: each.at,
          product_id: product,
          price,
          ...best,
          time: iso(each.at),
        }),
      );
    } else {
      lastTrade[each.instrument] = each.id;
      lines.push(line(each.at, { type: "match", ...coinbaseMatch(each, naming) }));
    }
  }
  return lines;
};

/** A match in Coinbase's words, whose side is that of who had waited. */
function coinbaseMatch(each: Extract<Happening, { kind: "trade" }>, naming: Naming): object {
  const [price, size] = told([each.price, each.size], naming, true);
  return {
    trade_id: each.id,
    maker_order_id: `00000000-0000-4000-8000-${String(each.id).padStart(12, "0")}`,
    taker_order_id: `00000000-0000-4000-9000-${String(each.id).padStart(12, "0")}`,
    side: each.buy ? "sell" : "buy",
    size,
    price,
    product_id: naming.native,
    sequence: each.at,
    time: iso(each.at),
  };
}

/** Sums up trades by minutes with integers alone: what candles are compared with. */
class Candles {
  readonly #open = new Map<number, Sums>();

  /** Returns the candles that are over. */
  take({ at, instrument, price, size }: Extract<Happening, { kind: "trade" }>): [instrument: number, Sums][] {
    const start = at - (at % MINUTE);
    const over = [...this.#open].filter(([, sums]) => sums.start < start);
    for (const [each] of over) this.#open.delete(each);
    const sums = this.#open.get(instrument);
    if (sums === undefined) {
      const first = { start, open: price, high: price, low: price, close: price, trades: 1 };
      this.#open.set(instrument, { ...first, lots: BigInt(size), product: BigInt(price) * BigInt(size) });
    } else {
      sums.high = Math.max(sums.high, price);
      sums.low = Math.min(sums.low, price);
      sums.close = price;
      sums.lots += BigInt(size);
      sums.product += BigInt(price) * BigInt(size);
      sums.trades++;
    }
    return over;
  }
}

function kline(at: number, naming: Naming, sums: Sums): object {
  const price = (ticks: number): string => digits(BigInt(ticks), naming.priceDigits, true);
  return {
    e: "kline",
    E: at,
    s: naming.native,
    k: {
      t: sums.start,
      T: sums.start + MINUTE - 1,
      s: naming.native,
      i: "1m",
      o: price(sums.open),
      c: price(sums.close),
      h: price(sums.high),
      l: price(sums.low),
      v: digits(sums.lots, naming.sizeDigits, true),
      n: sums.trades,
      x: true,
      q: digits(sums.product, naming.priceDigits + naming.sizeDigits, true),
    },
  };
}

function told([price, size]: Change, naming: Naming, padded = false): [string, string] {
  return [digits(BigInt(price), naming.priceDigits, padded), digits(BigInt(size), naming.sizeDigits, padded)];
}

/** `units` of ten to the power of minus `places`, with all of its zeros or with none of those at the end. */
function digits(units: bigint, places: number, padded = false): string {
  const text = units.toString().padStart(places + 1, "0");
  const point = text.length - places;
  const whole = text.slice(0, point);
  const fraction = padded ? text.slice(point) : text.slice(point).replace(/0+$/, "");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

function line(ms: number, message: object): string {
  return `${seconds(ms)}: ${JSON.stringify(message)}`;
}

/** A little later than the exchange's time, as what comes over a network is. */
function seconds(ms: number): string {
  return ((ms + 40) / 1_000).toFixed(6);
}

function iso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}
