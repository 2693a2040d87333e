import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import type { Row } from "@millrace/core";
import { afterEach, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { exchange, type ExchangeOptions } from "./index.ts";
import { replayServer, type ReplayServer } from "./replay/index.ts";
import { type Reading, readSource } from "./test/reading.ts";

/** Each exchange with what is collected of it, and how many subscriptions that makes. */
const CASES = [
  { name: "okx", symbols: ["BTC-USDT", "ETH-USDT"], channels: ["trades", "book", "ticker", "candles:1m"] },
  { name: "binance", symbols: ["BTC-USDT", "ETH-USDT"], channels: ["trade", "book", "bbo", "candles:1m"] },
  { name: "coinbase", symbols: ["BTC-USD", "ETH-USD"], channels: ["trades", "book", "ticker", "heartbeat"] },
] as const;

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

test.each(CASES)(
  "$name: all that is played lands, and books are whole",
  async ({ name, symbols, channels }) => {
    const { server, reading } = await begun(name, { symbols: [...symbols], channels: [...channels] });
    await playInParts(server, reading);
    await reading.until(() => reading.rows("trades").length === tradesIn(name));
    const trades = reading.rows("trades");
    expect(trades.length).toBe(reading.landed("trades"));
    for (const symbol of symbols) {
      const ids = trades.filter((each) => each["symbol"] === symbol).map((each) => Number(each["trade_id"]));
      expect(ids.length).toBeGreaterThan(20);
      expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
    }
    expect(reading.rows("gaps")).toEqual([]);
    const ofBooks = (): Set<unknown> => new Set(reading.rows("book_snapshots").map((each) => each["symbol"]));
    await reading.until(() => ofBooks().size === symbols.length);
    for (const row of reading.rows("book_snapshots"))
      expect(Number(best(row, "bid"))).toBeLessThan(Number(best(row, "ask")));
    expect(server.complaints).toEqual([]);
  },
);

test.each(CASES)(
  "$name: with kills and losses in between, the trades are those of an undisturbed replay",
  async ({ name, symbols, channels }) => {
    const options = { symbols: [...symbols], channels: [...channels] };
    const calm = await begun(name, options);
    await playInParts(calm.server, calm.reading);
    await calm.reading.until(() => calm.reading.rows("trades").length === tradesIn(name));
    const wanted = tradesOf(calm.reading);

    const { server, reading, subscriptions } = await begun(name, options);
    await play(server, reading, 150);
    server.away = true;
    server.disconnect(1006);
    await reading.until(() => server.clients === 0);
    server.step(40);
    server.away = false;
    await reading.until(() => server.subscribed.length === subscriptions);
    await play(server, reading, 60);
    server.lose(30);
    await playInParts(server, reading);
    await reading.until(() => tradesOf(reading).length === wanted.length);
    expect(tradesOf(reading)).toEqual(wanted);
    const gaps = reading.rows("gaps").filter((each) => each["stream"] === "trades");
    expect(gaps.length).toBeGreaterThan(0);
    await reading.until(() => reading.rows("gaps").every((each) => each["state"] !== "open"));
    expect(new Set(gaps.map((each) => each["state"]))).toEqual(new Set(["filled"]));
    expect(reading.rows("trades").filter((each) => each["backfilled"]).length).toBeGreaterThan(0);
    expect(server.complaints).toEqual([]);
  },
);

test("a run that ends and one that goes on from its checkpoint have each trade once", async () => {
  const options = { symbols: ["BTC-USDT"], channels: ["trades"] };
  const { server, reading } = await begun("okx", options);
  await play(server, reading, 200);
  await reading.until(() => reading.rows("trades").length > 10);
  await reading.end();
  await reading.until(() => server.clients === 0);
  server.step(60);
  const source = exchange("okx", { ...options, endpoint: server.address, backfill: { afterMs: 0 } });
  const second = readSource(source, reading.state);
  open.push(() => second.end());
  await second.until(() => server.subscribed.length === 1);
  server.step();
  await second.until(() => second.rows("gaps").some((each) => each["state"] === "filled"));
  const ids = [...reading.rows("trades"), ...second.rows("trades")].map((each) => Number(each["trade_id"]));
  const sorted = ids.toSorted((a, b) => a - b);
  expect(new Set(ids).size).toBe(ids.length);
  expect(sorted).toEqual(sorted.map((_, index) => (sorted[0] ?? 0) + index));
});

test("what cannot be fetched is marked as a gap, and the rest goes on", async () => {
  const { server, reading } = await begun("okx", {
    symbols: ["BTC-USDT"],
    channels: ["trades"],
    backfill: { trades: false, afterMs: 0 },
  });
  await play(server, reading, 120);
  server.lose(40);
  server.step();
  await reading.until(() => reading.rows("gaps").length === 1);
  await reading.until(() => reading.rows("gaps")[0]?.["state"] === "marked");
  const [gap] = reading.rows("gaps");
  const ids = new Set(reading.rows("trades").map((each) => Number(each["trade_id"])));
  for (let id = Number(gap?.["first"]); id <= Number(gap?.["last"]); id++) expect(ids.has(id)).toBe(false);
  expect(ids.has(Number(gap?.["last"]) + 1)).toBe(true);
});

test("a book that lost a change asks for it again once, and is whole again", async () => {
  const { server, reading, source } = await begun("okx", {
    symbols: ["BTC-USDT", "ETH-USDT"],
    channels: ["book"],
  });
  await play(server, reading, 100);
  server.lose(4);
  await playInParts(server, reading);
  await reading.until(() => source.status().counters["books.gap"] !== undefined);
  await reading.until(() => source.status().problems.length === 0);
  const { counters } = source.status();
  expect(counters["books.gap"]).toBeGreaterThan(0);
  expect(counters["books.resynced"]).toBe(counters["books.gap"]);
  await reading.until(() => reading.rows("gaps").length === counters["books.gap"]);
  expect(reading.rows("gaps").map((each) => [each["stream"], each["state"]])).toEqual(
    Array(counters["books.gap"]).fill(["book_updates", "marked"]),
  );
});

test("garbage and parts of messages are quarantined, and nothing else is touched", async () => {
  const { server, reading, source } = await begun("okx", { symbols: ["BTC-USDT"], channels: ["trades"] });
  await play(server, reading, 50);
  for (const text of [
    "{",
    '{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"tradeId":"x"}]}',
    "\u0000",
  ])
    server.say(text);
  await playInParts(server, reading);
  await reading.until(() => source.status().invalid === 3);
  expect(source.status().reconnects).toBe(0);
  expect(reading.rows("gaps")).toEqual([]);
});

test("symbols that the exchange does not have are refused before anything is subscribed to", async () => {
  const server = await replayServer({ exchange: "okx", capture: captureOf("okx") });
  open.push(() => server.close());
  const source = exchange("okx", { symbols: ["BTC-USTD"], channels: ["trades"], endpoint: server.address });
  const reading = readSource(source);
  await expect(reading.until(() => server.connections > 0)).rejects.toThrow(/no instrument "BTC-USTD"/);
  expect(server.connections).toBe(0);
  await expect(reading.end()).rejects.toThrow(/no instrument/);
});

test("callbacks get trades, books and candles without a pipeline", async () => {
  const server = await replayServer({ exchange: "okx", capture: captureOf("okx") });
  open.push(() => server.close());
  const source = exchange("okx", {
    symbols: ["BTC-USDT"],
    channels: ["trades", "book"],
    endpoint: server.address,
    candles: { intervals: ["30s"], graceMs: 0 },
  });
  const seen: Record<string, number> = {};
  for (const kind of ["trade", "orderbook", "bbo", "candle"])
    source.on(kind, () => void (seen[kind] = (seen[kind] ?? 0) + 1), { queue: 10_000 });
  await source.start();
  open.push(() => source.stop());
  const { until } = readSource({ read: async function* () {} });
  await until(() => server.subscribed.length === 2);
  server.step();
  await until(() => Object.keys(seen).length === 4 && (seen["candle"] ?? 0) >= 2);
  expect(seen["trade"]).toBeGreaterThan(20);
});

test("before the server goes, another connection takes over, and nothing is lost or landed twice", async () => {
  const { server, reading, source } = await begun("okx", {
    symbols: ["BTC-USDT", "ETH-USDT"],
    channels: ["trades", "book"],
    books: { updates: true },
  });
  await play(server, reading, 150);
  server.say('{"event":"notice","code":"64008","msg":"The connection will soon be closed","connId":"x"}');
  await reading.until(() => server.subscribed.length === 8);
  await play(server, reading, 100);
  await reading.until(() => server.clients === 1);
  await playInParts(server, reading);
  await reading.until(() => reading.rows("trades").length === tradesIn("okx"));
  expect(server.connections).toBe(2);
  expect(reading.landed("trades")).toBe(tradesIn("okx"));
  expect(reading.rows("gaps")).toEqual([]);
  const played = readFileSync(captureOf("okx"), "utf8").match(
    /"channel":"books","instId":"[A-Z-]+"\},"action"/g,
  )?.length;
  await reading.until(() => reading.rows("book_updates").length >= (played ?? 0));
  const numbers = reading
    .rows("book_updates")
    .map((each) => `${String(each["symbol"])} ${String(each["sequence"])}`);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers.length).toBe(played);
  expect(source.status().counters["books.gap"]).toBeUndefined();
});

test("private channels are subscribed to after the login, and a wrong key fails for good", async () => {
  const requests: string[] = [];
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(sockets, "listening");
  open.push(async () => {
    for (const client of sockets.clients) client.terminate();
    sockets.close();
    await once(sockets, "close");
  });
  let known = true;
  sockets.on("connection", (client) =>
    client.on("message", (data: Buffer) => {
      const { op } = JSON.parse(data.toString()) as { op: string };
      requests.push(op);
      if (op === "login" && known) client.send('{"event":"login","code":"0","msg":"","connId":"x"}');
      else if (op === "login")
        client.send('{"event":"error","code":"60005","msg":"Invalid apiKey","connId":"x"}');
      else client.send('{"arg":{"channel":"account"},"data":[{"totalEq":"12.50","uTime":"1782907200000"}]}');
    }),
  );
  const options: ExchangeOptions = {
    symbols: ["BTC-USDT"],
    channels: ["account", "orders"],
    checkSymbols: false,
    endpoints: { private: `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}` },
    credentials: { key: "key", secret: "top-secret", passphrase: "words" },
  };
  const reading = readSource(exchange("okx", options));
  await reading.until(() => reading.rows("account").length === 1);
  expect(requests).toEqual(["login", "subscribe"]);
  expect(reading.rows("account")[0]).toMatchObject({
    channel: "account",
    data: '{"totalEq":"12.50","uTime":"1782907200000"}',
  });
  await reading.end();
  known = false;
  const refused = readSource(exchange("okx", options));
  await expect(refused.until(() => requests.length > 10)).rejects.toThrow(/60005: Invalid apiKey/);
  expect(requests.filter((op) => op === "login")).toHaveLength(2);
  await expect(refused.end()).rejects.toThrow(/60005/);
  expect(JSON.stringify(refused.log)).not.toMatch(/top-secret|words/);
});

async function begun(
  name: string,
  options: ExchangeOptions,
): Promise<{
  server: ReplayServer;
  reading: Reading;
  source: ReturnType<typeof exchange>;
  subscriptions: number;
}> {
  const server = await replayServer({ exchange: name, capture: captureOf(name) });
  open.push(() => server.close());
  const source = exchange(name, {
    backfill: { afterMs: 0 },
    reconnect: { delayMs: 1 },
    books: { snapshotEveryMs: 1 },
    ...options,
    endpoint: server.address,
  });
  const reading = readSource(source);
  open.push(() => reading.end());
  const subscriptions = options.symbols.length * options.channels.length;
  await reading.until(() => server.subscribed.length === subscriptions);
  return { server, reading, source, subscriptions };
}

/** Plays some messages, and waits until they are under way. */
async function play(server: ReplayServer, reading: Reading, count: number): Promise<void> {
  server.step(count);
  await reading.until(() => server.idle && server.clients > 0);
}

async function playInParts(server: ReplayServer, reading: Reading): Promise<void> {
  while (server.left > 0) await play(server, reading, 80);
}

function tradesOf(reading: Reading): unknown[] {
  return reading
    .rows("trades")
    .map(({ symbol, trade_id, price, size, side, exchange_time }) => ({
      symbol,
      trade_id,
      price,
      size,
      side,
      exchange_time,
    }))
    .toSorted((a, b) =>
      `${String(a.symbol)}${String(a.trade_id)}`.localeCompare(`${String(b.symbol)}${String(b.trade_id)}`),
    );
}

function best(row: Row, side: "bid" | "ask"): unknown {
  return (row[`${side}_prices`] as unknown[])[0];
}

/** How many trades the capture has, counted by its text. */
function tradesIn(name: string): number {
  const text = readFileSync(captureOf(name), "utf8");
  return text.match(/"tradeId"|"e":"trade"|"type":"match"/g)?.length ?? 0;
}

function captureOf(name: string): URL {
  return new URL(`${name}/fixtures/market.capture`, import.meta.url);
}
