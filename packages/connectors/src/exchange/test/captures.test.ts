import path from "node:path";
import { expect, test } from "vitest";
import { type CaptureWriter, writeBinance, writeCoinbase, writeOkx } from "./capture-writers.ts";
import { type MarketPlan, simulateMarket } from "./simulate-market.ts";

const tests: MarketPlan = {
  seed: 7,
  from: Date.UTC(2026, 6, 1, 11, 59, 20),
  seconds: 110,
  prices: [601_234, 24_567],
  depth: 12,
  rate: 2,
};
const examples: MarketPlan = { ...tests, seed: 11, seconds: 100, rate: 1.2, depth: 10 };
const EXAMPLES = path.resolve(import.meta.dirname, "../../../../../examples/markets/captures");

/** `npx vitest run -u` with this file writes them anew. */
test.each<[exchange: string, writer: CaptureWriter, natives: readonly string[]]>([
  ["okx", writeOkx, ["BTC-USDT", "ETH-USDT"]],
  ["binance", writeBinance, ["BTCUSDT", "ETHUSDT"]],
  ["coinbase", writeCoinbase, ["BTC-USD", "ETH-USD"]],
])("the captures of %s are what the market that is made up makes them", async (exchange, writer, natives) => {
  const names = natives.map((native, index) => ({ native, priceDigits: index + 1, sizeDigits: 5 }));
  const captureOf = (plan: MarketPlan): string => `${writer(names, simulateMarket(plan)).join("\n")}\n`;
  const fixture = path.resolve(import.meta.dirname, "..", exchange, "fixtures/market.capture");
  await expect(captureOf(tests)).toMatchFileSnapshot(fixture);
  await expect(captureOf(examples)).toMatchFileSnapshot(path.join(EXAMPLES, `${exchange}.capture`));
});
