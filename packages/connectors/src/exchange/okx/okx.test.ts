import { expect, test } from "vitest";
import { BookKeeper } from "../book/book-keeper.ts";
import { chainRule } from "../book/sequence-rule.ts";
import { CandleBuilder } from "../candles/candle-builder.ts";
import { candleInterval } from "../candles/interval.ts";
import type { BookChange } from "../model/market-event.ts";
import { Symbols } from "../model/symbols.ts";
import { collect, collector } from "../test/collected.ts";
import { okxParser } from "./parse.ts";
import { okxLogin, okxRequests } from "./requests.ts";
import { okxSymbols } from "./symbols.ts";

const market = new URL("fixtures/market.capture", import.meta.url);
const facts = { form: okxSymbols, socket: "public", parser: okxParser };

test("the events of a capture have exact values, the exchange's time and the time of arrival", () => {
  const { events, controls } = collect(market, facts);
  expect(controls).toHaveLength(8);
  expect(controls[0]).toEqual({ kind: "subscribed", channel: "trades", symbol: "BTC-USDT" });
  const trade = events.trade?.find(({ symbol }) => symbol === "BTC-USDT");
  expect(trade).toMatchObject({ exchange: "okx", symbol: "BTC-USDT", fills: 1, backfilled: false });
  expect(trade?.price).toMatch(/^\d+(\.\d*[1-9])?$/);
  expect(trade?.received_at).toBe((trade?.exchange_time ?? 0) + 40_000);
  expect(events.ticker?.[0]?.quote_volume_24h).toBeNull();
});

test("a book that is kept over a capture has no gap and equals the sum of its changes", () => {
  const { events } = collect(market, facts);
  const keepers = keepAll(events.orderbook ?? []);
  expect([...keepers.keys()]).toEqual(["BTC-USDT", "ETH-USDT"]);
  for (const [symbol, keeper] of keepers) {
    expect(keeper.live).toBe(true);
    const changes = (events.orderbook ?? []).filter((each) => each.symbol === symbol);
    expect(keeper.book.bids.top(1_000)).toEqual(naive(changes, "bids"));
    expect(keeper.book.asks.top(1_000)).toEqual(naive(changes, "asks"));
  }
});

test("candles made of the trades equal the exchange's own", () => {
  const { events } = collect(market, facts);
  const interval = candleInterval("1m");
  const builder = new CandleBuilder({ interval, graceUs: 0, empty: false, kept: 10 });
  const trades = (events.trade ?? []).filter(({ symbol }) => symbol === "BTC-USDT");
  const made = trades.flatMap((trade) => builder.take(trade));
  const own = (events.candle ?? []).filter(({ symbol }) => symbol === "BTC-USDT");
  expect(own.length).toBeGreaterThan(0);
  const values = (candle: (typeof own)[number]): unknown => ({
    open_time: candle.open_time,
    prices: [candle.open, candle.high, candle.low, candle.close],
    volume: candle.volume,
    quote: candle.quote_volume,
  });
  expect(made.slice(0, own.length).map(values)).toEqual(own.map(values));
});

test("an aggregate tells how many fills it is; a trade that is told by itself is one", () => {
  const { events, parse } = collector(facts);
  const data = { instId: "BTC-USDT", tradeId: "123", px: "1.50", sz: "2", side: "sell", ts: "1700000000000" };
  parse(
    JSON.stringify({ arg: { channel: "trades", instId: "BTC-USDT" }, data: [{ ...data, count: "3" }] }),
    0,
  );
  parse(JSON.stringify({ arg: { channel: "trades-all", instId: "BTC-USDT" }, data: [data] }), 0);
  expect(events.trade?.map(({ fills }) => fills)).toEqual([3, 1]);
  expect(events.trade?.[0]).toMatchObject({
    price: "1.5",
    side: "sell",
    exchange_time: 1_700_000_000_000_000,
  });
});

test("what is not as documented is refused with the field that is wrong", () => {
  const { parse } = collector(facts);
  const data = { tradeId: "1", px: "1", sz: "1", side: "buy", ts: "1700000000000", count: "1" };
  const say =
    (changed: object): (() => void) =>
    () =>
      parse(
        JSON.stringify({ arg: { channel: "trades", instId: "A-B" }, data: [{ ...data, ...changed }] }),
        0,
      );
  expect(say({})).not.toThrow();
  expect(say({ px: "abc" })).toThrow(/"px"/);
  expect(say({ px: "" })).toThrow(/"px"/);
  expect(say({ px: "1e400" })).toThrow(/"px"/);
  expect(say({ side: "hold" })).toThrow(/"side"/);
  expect(say({ ts: "tomorrow" })).toThrow(/"ts"/);
  expect(say({ tradeId: undefined })).toThrow(/"tradeId"/);
  expect(() => parse('{"arg":{"channel":"trades"', 0)).toThrow(/no JSON/);
  expect(() => parse("[]", 0)).toThrow(/"message"/);
  expect(() => parse("null", 0)).toThrow(/"message"/);
});

test("an empty side of a ticker is null, and liquidations name their instrument themselves", () => {
  const { events, parse } = collector(facts);
  const ticker = {
    instId: "A-B",
    last: "1",
    askPx: "",
    askSz: "",
    bidPx: "1",
    bidSz: "2",
    ts: "1700000000000",
  };
  parse(JSON.stringify({ arg: { channel: "tickers", instId: "A-B" }, data: [ticker] }), 0);
  expect(events.ticker?.[0]).toMatchObject({ ask_price: null, bid_price: "1" });
  const details = [{ side: "sell", bkPx: "60000", sz: "3", ts: "1700000000000" }];
  const arg = { channel: "liquidation-orders", instType: "SWAP" };
  parse(JSON.stringify({ arg, data: [{ instId: "BTC-USDT-SWAP", details }] }), 0);
  expect(events.liquidation?.[0]).toMatchObject({ symbol: "BTC-USDT-PERP", side: "sell", price: "60000" });
});

test("the server's news: signs of life, refusals that stay and those that pass, and that it is about to go", () => {
  const { controls, parse } = collector(facts);
  parse("pong", 0);
  parse('{"event":"error","code":"60012","msg":"Invalid request","connId":"x"}', 0);
  parse('{"event":"error","code":"60014","msg":"Requests too frequent","connId":"x"}', 0);
  parse('{"event":"notice","code":"64008","msg":"The connection will soon be closed","connId":"x"}', 0);
  parse('{"event":"login","code":"0","msg":"","connId":"x"}', 0);
  parse('{"event":"login","code":"60009","msg":"Login failed.","connId":"x"}', 0);
  expect(controls.map((each) => [each.kind, "permanent" in each ? each.permanent : undefined])).toEqual([
    ["pong", undefined],
    ["refused", true],
    ["refused", false],
    ["going-away", undefined],
    ["logged-in", undefined],
    ["refused", true],
  ]);
});

test("the documented example of numbers that fall is no gap, and a missing link is one", () => {
  const keeper = new BookKeeper(chainRule);
  const take = (previous: number, sequence: number): string =>
    keeper.take(change(previous === -1 ? "snapshot" : "update", { previous, sequence }));
  const links = [
    [-1, 10],
    [10, 15],
    [15, 15],
    [15, 3],
    [3, 5],
  ] as const;
  expect(links.map(([previous, sequence]) => take(previous, sequence))).toEqual(Array(5).fill("applied"));
  expect(take(3, 5)).toBe("skipped");
  expect(take(6, 7)).toBe("broken");
  expect(take(7, 8)).toBe("waiting");
  expect(keeper.fault).toBe("gap");
  expect(take(-1, 9)).toBe("applied");
  expect(keeper.counts.faults.gap).toBe(1);
});

test("a checksum of 0 is none, and one that differs breaks the book", () => {
  const keeper = new BookKeeper(chainRule);
  const whole = { bids: [["1", "5", "0", "1"]], asks: [["2", "6", "0", "1"]] } as const;
  expect(keeper.take({ ...change("snapshot", { previous: -1, sequence: 1 }), ...whole, checksum: 0 })).toBe(
    "applied",
  );
  const checksum = keeper.book.checksum();
  expect(keeper.take({ ...change("update", { previous: 1, sequence: 2 }), checksum })).toBe("applied");
  expect(keeper.take({ ...change("update", { previous: 2, sequence: 3 }), checksum: checksum ^ 1 })).toBe(
    "broken",
  );
});

test("subscriptions go in as few requests as fit, each once, and by kind where the exchange wants that", () => {
  const many = Array.from({ length: 2_000 }, (_, n) => ({ channel: "books", native: `A${n}-USDT` }));
  const requests = okxRequests("subscribe", [...many, ...many]);
  expect(requests.length).toBe(2);
  for (const request of requests) expect(request.length).toBeLessThan(64 * 1024);
  expect(requests.flatMap((each) => (JSON.parse(each) as { args: unknown[] }).args)).toHaveLength(2_000);
  expect(
    okxRequests("unsubscribe", [{ channel: "liquidation-orders", native: "BTC-USDT-SWAP" }], "7"),
  ).toEqual(['{"id":"7","op":"unsubscribe","args":[{"channel":"liquidation-orders","instType":"SWAP"}]}']);
});

test("the login is signed as documented", () => {
  const login = okxLogin(
    { key: "k", secret: "22582BD0CFF14C41EDBF1AB98506286D", passphrase: "p" },
    1_538_054_050_975,
  );
  expect(JSON.parse(login)).toEqual({
    op: "login",
    args: [
      {
        apiKey: "k",
        passphrase: "p",
        timestamp: "1538054050",
        sign: "+LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M=",
      },
    ],
  });
});

test("names of instruments are turned both ways", () => {
  const symbols = new Symbols(okxSymbols);
  for (const [normal, native] of [
    ["BTC-USDT", "BTC-USDT"],
    ["BTC-USDT-PERP", "BTC-USDT-SWAP"],
    ["BTC-USD-260327", "BTC-USD-260327"],
  ] as const) {
    expect(symbols.native(normal)).toBe(native);
    expect(symbols.normal(native)).toBe(normal);
  }
  expect(symbols.normal("ETH-USD-SWAP")).toBe("ETH-USD-PERP");
});

function keepAll(changes: readonly BookChange[]): Map<string, BookKeeper> {
  const keepers = new Map<string, BookKeeper>();
  for (const each of changes) {
    const keeper = keepers.get(each.symbol) ?? new BookKeeper(chainRule);
    keepers.set(each.symbol, keeper);
    expect(keeper.take(each)).toBe("applied");
  }
  return keepers;
}

/** The levels by a map and a sort, best first. */
function naive(changes: readonly BookChange[], side: "bids" | "asks"): unknown[] {
  const levels = new Map(changes.flatMap((each) => each[side].map((level) => [level[0], level] as const)));
  const sign = side === "bids" ? -1 : 1;
  return [...levels.values()]
    .filter(([, size]) => size !== "0")
    .toSorted((a, b) => sign * (Number(a[0]) - Number(b[0])));
}

function change(
  action: "snapshot" | "update",
  numbers: { readonly previous: number; readonly sequence: number },
): BookChange {
  return {
    exchange: "okx",
    symbol: "A-B",
    channel: "books",
    action,
    exchange_time: 0,
    received_at: 0,
    bids: [],
    asks: [],
    first: null,
    ...numbers,
  };
}
