import { MillraceError } from "@millrace/core";
import { expect, test } from "vitest";
import { exchange, exchanges, type ExchangeOptions, marketTables } from "./index.ts";

const good: ExchangeOptions = { symbols: ["BTC-USDT"], channels: ["trades"] };

test("exchanges, channels and symbols that do not exist are refused with those that do", () => {
  expect(exchanges.supported()).toEqual(["okx", "binance", "coinbase", "coinbase-advanced"]);
  expect(refusal("okex", good)).toMatch(/no exchange "okex".*Is it okx\? Supported are okx, binance/);
  expect(refusal("okx", { ...good, channels: ["trade"] })).toMatch(
    /no channel "trade".*Is it trades\?.*books5/,
  );
  expect(refusal("okx", { ...good, symbols: ["btc/usdt"] })).toMatch(/"btc\/usdt" is no name.*BTC-USDT-PERP/);
  expect(refusal("binance", { ...good, symbols: ["BTC-USDT-PERP"], channels: ["trade"] })).toMatch(
    /aggTrade/,
  );
});

test("options that do not exist, or make no sense, are refused before anything connects", () => {
  expect(refusal("okx", { ...good, depth: 3 } as ExchangeOptions)).toMatch(/depth/);
  expect(refusal("okx", { ...good, candles: { intervals: ["1x"] } })).toMatch(/"1x" is no interval/);
  expect(refusal("okx", { ...good, endpoint: "nowhere" })).toMatch(/endpoint/);
  expect(refusal("okx", { ...good, endpoints: { spot: "wss://example.com" } })).toMatch(
    /public, business, private, rest/,
  );
  expect(refusal("okx", { ...good, credentials: { key: "k", secret: "s" } })).toMatch(/no passphrase/);
  expect(refusal("okx", { ...good, channels: ["trades", "trades-all"] })).toMatch(/tell the same trades/);
});

test("one pipeline may name the same market by the words that all exchanges share", () => {
  for (const name of exchanges.supported()) {
    const symbol = name.startsWith("coinbase") ? "BTC-USD" : "BTC-USDT";
    expect(exchange(name, { symbols: [symbol], channels: ["trades", "book", "ticker"] }).endless).toBe(true);
  }
});

test("a channel that wants a login does not start without one", async () => {
  const source = exchange("coinbase", { symbols: ["BTC-USD"], channels: ["full"], checkSymbols: false });
  await expect(source.start()).rejects.toThrow(/"full" wants a login/);
});

test("tables are upserted by the keys of their streams, and appended to where there are none", () => {
  const tables = marketTables("okx_");
  expect(tables["trades"]).toEqual({
    name: "okx_trades",
    key: ["exchange", "symbol", "trade_id"],
    mode: "upsert",
  });
  expect(tables["book_updates"]).toEqual({ name: "okx_book_updates", mode: "append" });
});

function refusal(name: string, options: ExchangeOptions): string {
  try {
    exchange(name, options);
  } catch (error) {
    if (error instanceof MillraceError) return `${error.message} ${error.hint ?? ""}`;
    throw error;
  }
  return "it was taken";
}
