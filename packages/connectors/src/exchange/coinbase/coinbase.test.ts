import { generateKeyPairSync, verify } from "node:crypto";
import { expect, test } from "vitest";
import { BookKeeper } from "../book/book-keeper.ts";
import { OrderBook3 } from "../book/order-book-3.ts";
import { chainRule, unnumberedRule } from "../book/sequence-rule.ts";
import { collect, collector } from "../test/collected.ts";
import { advancedParser } from "./parse-advanced.ts";
import { exchangeParser } from "./parse-exchange.ts";
import { advancedRequests, advancedToken, exchangeRequest } from "./requests.ts";
import { coinbaseSymbols } from "./symbols.ts";

const market = new URL("fixtures/market.capture", import.meta.url);
const exchange = { form: coinbaseSymbols, socket: "exchange", parser: exchangeParser };
const advanced = { form: coinbaseSymbols, socket: "advanced", parser: advancedParser };
const time = "2026-07-01T12:00:00.123456Z";

test("a capture's trades are without gaps, and its books whole", () => {
  const { events, controls } = collect(market, exchange);
  for (const symbol of ["BTC-USD", "ETH-USD"]) {
    const ids = (events.trade ?? []).filter((each) => each.symbol === symbol).map(({ sequence }) => sequence);
    expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
    const keeper = new BookKeeper(unnumberedRule);
    const changes = (events.orderbook ?? []).filter((each) => each.symbol === symbol);
    expect(new Set(changes.map((each) => keeper.take(each)))).toEqual(new Set(["applied"]));
  }
  expect(controls.filter(({ kind }) => kind === "heartbeat").length).toBeGreaterThan(100);
});

test("the side of a match is that of who had waited: the taker's is the other", () => {
  const { events, parse } = collector(exchange);
  const match = {
    type: "match",
    trade_id: 7,
    maker_order_id: "m",
    taker_order_id: "t",
    side: "buy",
    size: "0.10",
  };
  parse(JSON.stringify({ ...match, price: "60000.00", product_id: "BTC-USD", sequence: 50, time }), 9);
  expect(events.trade?.[0]).toMatchObject({
    trade_id: "7",
    side: "sell",
    size: "0.1",
    price: "60000",
    exchange_time: Date.UTC(2026, 6, 1, 12) * 1_000 + 123_456,
    received_at: 9,
  });
});

test("kinds of messages that are unknown are left alone, and wrong ones refused", () => {
  const { controls, parse } = collector(exchange);
  parse('{"type":"something_new","product_id":"BTC-USD"}', 0);
  parse('{"type":"error","message":"Failed to subscribe","reason":"FOO-USD is not a valid product"}', 0);
  parse('{"type":"error","message":"ErrSlowConsume"}', 0);
  expect(controls).toEqual([
    { kind: "ignored" },
    {
      kind: "refused",
      code: "error",
      message: "Failed to subscribe FOO-USD is not a valid product",
      permanent: true,
    },
    { kind: "refused", code: "error", message: "ErrSlowConsume", permanent: false },
  ]);
  expect(() => parse("{}", 0)).toThrow(/"type"/);
  expect(() => parse('{"type":"match","trade_id":1}', 0)).toThrow(/"product_id"/);
  expect(() => parse('{"type":"l2update","product_id":"A-B","changes":[["hold","1","1"]]}', 0)).toThrow(
    /"changes"/,
  );
});

test("orders that are told one by one become changes of levels, begun by a snapshot", () => {
  const { events, parse } = collector(exchange);
  const say = (message: object): void => parse(JSON.stringify({ product_id: "A-B", time, ...message }), 0);
  say({ type: "open", sequence: 10, order_id: "old", side: "buy", price: "9", remaining_size: "1" });
  say({ type: "open", sequence: 11, order_id: "b2", side: "buy", price: "10.0", remaining_size: "2.5" });
  say({
    type: "received",
    sequence: 12,
    order_id: "x",
    side: "sell",
    size: "1",
    order_type: "limit",
    price: "10.0",
  });
  say({
    type: "match",
    sequence: 13,
    trade_id: 1,
    maker_order_id: "b1",
    taker_order_id: "x",
    side: "buy",
    size: "1",
    price: "10.0",
  });
  say({
    type: "done",
    sequence: 14,
    order_id: "b1",
    side: "buy",
    price: "10.0",
    reason: "filled",
    remaining_size: "0",
  });
  say({
    type: "change",
    sequence: 15,
    order_id: "b2",
    side: "buy",
    price: "10.0",
    old_size: "2.5",
    new_size: "0.5",
  });
  const book = new OrderBook3();
  for (const each of events.order ?? []) expect(book.take(each)).toBeUndefined();
  const changes = book.begin(
    [
      { id: "b1", side: "buy", price: "10.0", size: "1" },
      { id: "s1", side: "sell", price: "11", size: "4" },
      { id: "s2", side: "sell", price: "11", size: "0.25" },
    ],
    {
      exchange: "coinbase",
      symbol: "A-B",
      channel: "full",
      exchange_time: null,
      received_at: 0,
      sequence: 10,
    },
  );
  if (changes === "gap") throw new Error("the book has a gap");
  expect(changes.map(({ bids, asks }) => [bids, asks])).toEqual([
    [[["10", "1"]], [["11", "4.25"]]],
    [[["10", "3.5"]], []],
    [[], []],
    [[["10", "2.5"]], []],
    [[], []],
    [
      [
        ["10", "0.5"],
        ["10", "0.5"],
      ],
      [],
    ],
  ]);
  expect([book.size, book.order("b2")?.size]).toEqual([3, "0.5"]);
  const keeper = new BookKeeper(chainRule);
  for (const each of changes) expect(keeper.take(each)).toBe("applied");
  expect(keeper.book.bids.top(9)).toEqual([["10", "0.5"]]);
  say({ type: "done", sequence: 17, order_id: "b2", side: "buy", reason: "canceled" });
  const last = events.order?.at(-1);
  expect(last === undefined ? undefined : book.take(last)).toBe("gap");
  expect(book.live).toBe(false);
});

test("advanced trade: trades come newest first and are told in order, with nanoseconds where there are some", () => {
  const { events, parse } = collector(advanced);
  const trade = (id: string, at: string): object => ({
    trade_id: id,
    product_id: "BTC-USD",
    price: "1",
    size: "1",
    side: "BUY",
    time: at,
  });
  const trades = [trade("12", "2026-07-01T12:00:00.123456789Z"), trade("11", "2026-07-01T12:00:00.1Z")];
  parse(envelope("market_trades", 0, [{ type: "update", trades }]), 0);
  expect(events.trade?.map(({ trade_id: id }) => id)).toEqual(["11", "12"]);
  const noon = BigInt(Date.UTC(2026, 6, 1, 12)) * 1_000_000n;
  expect(events.trade?.map((each) => each.exchange_time_ns)).toEqual([undefined, noon + 123_456_789n]);
  expect(events.trade?.[1]?.exchange_time).toBe(Number((noon + 123_456_789n) / 1_000n));
});

test("advanced trade: messages are numbered over the connection, and what is missing is told once", () => {
  const { controls, parse } = collector(advanced);
  const beat = (number: number): void =>
    parse(envelope("heartbeats", number, [{ heartbeat_counter: number }]), 0);
  for (const number of [3, 4, 7, 7, 8]) beat(number);
  expect(controls.filter(({ kind }) => kind === "connection-gap")).toEqual([
    { kind: "connection-gap", first: 5, last: 6 },
  ]);
});

test("advanced trade: books, tickers and candles", () => {
  const { events, parse } = collector(advanced);
  const updates = [
    { side: "bid", event_time: time, price_level: "10.5", new_quantity: "2" },
    { side: "offer", event_time: time, price_level: "11", new_quantity: "0" },
  ];
  parse(envelope("l2_data", 0, [{ type: "update", product_id: "BTC-USD", updates }]), 0);
  expect(events.orderbook?.[0]).toMatchObject({
    action: "update",
    bids: [["10.5", "2"]],
    asks: [["11", "0"]],
  });
  const tickers = [{ type: "ticker", product_id: "BTC-USD", price: "10.70", best_bid: "10.5", best_ask: "" }];
  parse(envelope("ticker", 1, [{ type: "update", tickers }]), 0);
  expect(events.ticker?.[0]).toMatchObject({ last: "10.7", bid_price: "10.5", ask_price: null });
  const noon = Date.UTC(2026, 6, 1, 12) / 1_000;
  const candle = { high: "2", low: "1", open: "1", close: "2", volume: "3.0", product_id: "BTC-USD" };
  const candles = [
    { ...candle, start: String(noon) },
    { ...candle, start: String(noon - 300) },
  ];
  parse(envelope("candles", 2, [{ type: "snapshot", candles }]), 0);
  expect(events.candle?.map(({ closed, volume }) => [closed, volume])).toEqual([
    [false, "3"],
    [true, "3"],
  ]);
});

test("subscriptions: all channels in one request at the exchange, one request a channel in advanced trade", () => {
  const wanted = [
    { channel: "matches", native: "BTC-USD" },
    { channel: "matches", native: "ETH-USD" },
    { channel: "heartbeat", native: "BTC-USD" },
  ];
  expect(JSON.parse(exchangeRequest("subscribe", wanted))).toEqual({
    type: "subscribe",
    channels: [
      { name: "matches", product_ids: ["BTC-USD", "ETH-USD"] },
      { name: "heartbeat", product_ids: ["BTC-USD"] },
    ],
  });
  expect(advancedRequests("unsubscribe", wanted)).toHaveLength(2);
});

test("subscriptions to closed channels are signed with the decoded secret", () => {
  const secret = Buffer.from("s").toString("base64");
  const request = exchangeRequest(
    "subscribe",
    [{ channel: "full", native: "A-B" }],
    { key: "k", secret, passphrase: "p" },
    1_538_054_050_000,
  );
  expect(JSON.parse(request)).toMatchObject({
    key: "k",
    passphrase: "p",
    timestamp: "1538054050",
    signature: "4wFKSrXaG6EYOdbv/KEKJIOMEzKwShv8qgkR1OcPdvE=",
  });
});

test("tokens of advanced trade are signed by the key and live for two minutes", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "sec1", format: "pem" }).toString();
  const [header = "", payload = "", signature = ""] = advancedToken(
    { key: "organizations/1", secret: pem },
    1_000_000,
  ).split(".");
  expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({
    iss: "cdp",
    nbf: 1_000,
    exp: 1_120,
  });
  const signed = Buffer.from(`${header}.${payload}`);
  const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
  expect(verify("sha256", signed, key, Buffer.from(signature, "base64url"))).toBe(true);
  expect(() => advancedToken({ key: "k", secret: "top secret" }, 0)).toThrow(/no private key/);
  expect(() => advancedToken({ key: "k", secret: "top secret" }, 0)).not.toThrow(/top secret/);
});

function envelope(channel: string, number: number, events: readonly object[]): string {
  return JSON.stringify({ channel, client_id: "", timestamp: time, sequence_num: number, events });
}
