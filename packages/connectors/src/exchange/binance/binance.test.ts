import { expect, test } from "vitest";
import { BookKeeper } from "../book/book-keeper.ts";
import { linkedRangeRule, rangeRule } from "../book/sequence-rule.ts";
import { CandleBuilder } from "../candles/candle-builder.ts";
import { candleInterval } from "../candles/interval.ts";
import type { BookChange } from "../model/market-event.ts";
import { Symbols } from "../model/symbols.ts";
import { collect, collector } from "../test/collected.ts";
import { binanceParser } from "./parse.ts";
import { depthSnapshot } from "./parse-data.ts";
import { binanceRequests, binanceUserRequest } from "./requests.ts";
import { binanceSymbols } from "./symbols.ts";

const market = new URL("fixtures/market.capture", import.meta.url);
const spot = { form: binanceSymbols, socket: "spot", parser: binanceParser };
const usdm = { ...spot, socket: "usdm-market" };

test("books of a capture are begun by their REST snapshots and have no gap", () => {
  const { events, lines } = collect(market, spot);
  for (const symbol of ["BTC-USDT", "ETH-USDT"]) {
    const keeper = new BookKeeper(rangeRule);
    const changes = (events.orderbook ?? []).filter((each) => each.symbol === symbol);
    expect(changes.slice(0, 3).map((each) => keeper.take(each))).toEqual(["held", "held", "held"]);
    const answers = lines.filter((line) => line.kind === "answer");
    const answer = answers.find((line) => line.url.includes(symbol.replace("-", "")));
    const fields = JSON.parse(answer?.text ?? "") as Record<string, unknown>;
    expect(keeper.take(depthSnapshot(fields, { symbol, channel: "depth", receivedAt: 0 }))).toBe("applied");
    expect(new Set(changes.slice(3).map((each) => keeper.take(each)))).toEqual(new Set(["applied"]));
    expect(keeper.sequence).toBe(changes.at(-1)?.sequence);
    expect(keeper.book.bids.at(0)?.[0]).toMatch(/^\d+\.\d+$/);
  }
});

test("candles made of the trades equal the exchange's own, to the last digit and the number of trades", () => {
  const { events } = collect(market, spot);
  const builder = new CandleBuilder({ interval: candleInterval("1m"), graceUs: 0, empty: false, kept: 10 });
  const trades = (events.trade ?? []).filter(({ symbol }) => symbol === "ETH-USDT");
  const made = trades.flatMap((trade) => builder.take(trade));
  const own = (events.candle ?? []).filter(({ symbol }) => symbol === "ETH-USDT");
  expect(own.length).toBeGreaterThan(0);
  for (const [index, candle] of own.entries()) {
    const { exchange_time: _, received_at: __, ...values } = candle;
    expect(made[index]).toMatchObject({ ...values, origin: "trades" });
  }
});

test("spot books: what the snapshot has is dropped, what reaches over it is taken, and a hole is a gap", () => {
  const keeper = new BookKeeper(rangeRule);
  expect(keeper.take(update(95, 100))).toBe("held");
  expect(keeper.take(update(101, 105))).toBe("held");
  expect(keeper.take(snapshot(103))).toBe("applied");
  expect([keeper.sequence, keeper.counts.skipped]).toEqual([105, 1]);
  expect(keeper.take(update(104, 104))).toBe("skipped");
  expect(keeper.take(update(106, 106))).toBe("applied");
  expect(keeper.take(update(108, 109))).toBe("broken");
  expect(keeper.take(update(110, 111))).toBe("held");
  // A snapshot that is older than what was kept does not help.
  expect(keeper.take(snapshot(107))).toBe("broken");
});

test("USD-M books: the first update spans the snapshot, and each names the one before", () => {
  const keeper = new BookKeeper(linkedRangeRule);
  expect(keeper.take(update(90, 99, 89))).toBe("held");
  expect(keeper.take(update(95, 102, 99))).toBe("held");
  expect(keeper.take(snapshot(100))).toBe("applied");
  expect([keeper.sequence, keeper.counts.skipped]).toEqual([102, 1]);
  expect(keeper.take(update(110, 120, 102))).toBe("applied");
  expect(keeper.take(update(110, 120, 102))).toBe("skipped");
  expect(keeper.take(update(125, 130, 121))).toBe("broken");
});

test("whoever bought and had waited makes the trade a sale; aggregates carry the id of their last fill", () => {
  const { events, parse } = collector(spot);
  const data = {
    e: "aggTrade",
    E: 1,
    s: "BTCUSDT",
    a: 26_129,
    p: "0.010",
    q: "100",
    f: 98,
    l: 101,
    T: 2,
    m: true,
  };
  parse(JSON.stringify({ stream: "btcusdt@aggTrade", data }), 7);
  expect(events.trade?.[0]).toMatchObject({
    trade_id: "101",
    fills: 4,
    sequence: 26_129,
    side: "sell",
    price: "0.01",
    exchange_time: 2_000,
    received_at: 7,
  });
});

test("times in microseconds are taken as such", () => {
  const { events, parse } = collector(spot);
  const data = { e: "trade", s: "BTCUSDT", t: 5, p: "1", q: "1", T: 1_700_000_000_123_456, m: false };
  parse(JSON.stringify({ stream: "btcusdt@trade", data }), 0);
  expect(events.trade?.[0]?.exchange_time).toBe(1_700_000_000_123_456);
});

test("a mark price of USD-M brings the funding rate; names are those of perpetual contracts", () => {
  const { events, parse } = collector(usdm);
  const data = { e: "markPriceUpdate", E: 1, s: "BTCUSDT", p: "1.5", i: "1.4", r: "0.00010", T: 8 };
  parse(JSON.stringify({ stream: "btcusdt@markPrice@1s", data }), 0);
  expect(events.mark_price?.[0]).toMatchObject({ symbol: "BTC-USDT-PERP", price: "1.5", index_price: "1.4" });
  expect(events.funding?.[0]).toMatchObject({ rate: "0.0001", funding_time: 8_000 });
  const order = { s: "BTCUSDT", S: "SELL", q: "0.014", p: "9910", ap: "9910.5", T: 9 };
  parse(JSON.stringify({ stream: "btcusdt@forceOrder", data: { e: "forceOrder", E: 9, o: order } }), 0);
  expect(events.liquidation?.[0]).toMatchObject({ side: "sell", price: "9910.5", size: "0.014" });
});

test("the server's news are told apart from data", () => {
  const { controls, parse } = collector(spot);
  parse('{"result":null,"id":1}', 0);
  parse('{"e":"serverShutdown","E":1}', 0);
  parse('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}', 0);
  parse('{"code":2,"msg":"Invalid request"}', 0);
  parse('{"error":{"code":-1003,"msg":"Too many requests"},"id":1}', 0);
  expect(controls.map((each) => [each.kind, "permanent" in each ? each.permanent : undefined])).toEqual([
    ["subscribed", undefined],
    ["going-away", undefined],
    ["going-away", undefined],
    ["refused", true],
    ["refused", false],
  ]);
});

test("what is not as documented is refused with the field that is wrong", () => {
  const { parse } = collector(spot);
  const say =
    (data: object): (() => void) =>
    () =>
      parse(JSON.stringify({ stream: "btcusdt@trade", data }), 0);
  const good = { t: 1, p: "1", q: "1", T: 1, m: true };
  expect(say(good)).not.toThrow();
  expect(say({ ...good, m: "yes" })).toThrow(/"m"/);
  expect(say({ ...good, t: 1.5 })).toThrow(/"t"/);
  expect(say({ ...good, q: {} })).toThrow(/"q"/);
  expect(() => parse('{"stream":"btcusdt@trade"}', 0)).toThrow(/"data"/);
});

test("requests name streams in small letters, some hundred at a time", () => {
  const many = Array.from({ length: 450 }, (_, n) => ({ channel: "trade", native: `A${n}USDT` }));
  const requests = binanceRequests("SUBSCRIBE", many, 5).map(
    (each) => JSON.parse(each) as { id: number; params: string[] },
  );
  expect(requests.map(({ id, params }) => [id, params.length])).toEqual([
    [5, 200],
    [6, 200],
    [7, 50],
  ]);
  expect(binanceRequests("UNSUBSCRIBE", [{ channel: "depth@100ms", native: "usdm:BTCUSDT" }], 1)).toEqual([
    '{"method":"UNSUBSCRIBE","params":["btcusdt@depth@100ms"],"id":1}',
  ]);
});

test("the request for the user's own events is signed over its parameters in order", () => {
  const request = JSON.parse(binanceUserRequest({ key: "k", secret: "s" }, 1_700_000_000_000)) as {
    params: unknown;
  };
  expect(request.params).toEqual({
    apiKey: "k",
    timestamp: 1_700_000_000_000,
    signature: "ff524e81de1dd0b0f414c0fdf3f784c110ecad1eb6faafe36586b11c8d9c25a0",
  });
});

test("names of instruments are turned both ways", () => {
  const symbols = new Symbols(binanceSymbols);
  for (const [normal, native] of [
    ["BTC-USDT", "BTCUSDT"],
    ["ETH-BTC", "ETHBTC"],
    ["SOL-FDUSD", "SOLFDUSD"],
    ["BTC-USDT-PERP", "usdm:BTCUSDT"],
    ["BTC-USDT-260327", "usdm:BTCUSDT_260327"],
  ] as const) {
    expect(new Symbols(binanceSymbols).normal(native)).toBe(normal);
    expect(symbols.native(normal)).toBe(native);
  }
  // The quote is none that is known: the name that was asked for tells.
  expect(symbols.native("ABC-XYZ")).toBe("ABCXYZ");
  expect(symbols.normal("ABCXYZ")).toBe("ABC-XYZ");
});

function update(first: number, sequence: number, previous: number | null = null): BookChange {
  return { ...common, action: "update", first, sequence, previous };
}

function snapshot(sequence: number): BookChange {
  return { ...common, action: "snapshot", first: null, previous: null, sequence };
}

const common = {
  exchange: "binance",
  symbol: "A-B",
  channel: "depth",
  exchange_time: 0,
  received_at: 0,
  bids: [],
  asks: [],
} as const;
