/** Writes the captures of tests and examples: `node --conditions=@millrace/source packages/connectors/src/exchange/test/write-fixtures.ts` */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { type CaptureWriter, type Naming, writeBinance, writeCoinbase, writeOkx } from "./capture-writers.ts";
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
const here = import.meta.dirname;

await write("okx", writeOkx, ["BTC-USDT", "ETH-USDT"]);
await write("binance", writeBinance, ["BTCUSDT", "ETHUSDT"]);
await write("coinbase", writeCoinbase, ["BTC-USD", "ETH-USD"]);

async function write(exchange: string, writer: CaptureWriter, natives: readonly string[]): Promise<void> {
  const names = natives.map((native, index): Naming => ({ native, priceDigits: index + 1, sizeDigits: 5 }));
  const save = async (file: string, plan: MarketPlan): Promise<void> => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${writer(names, simulateMarket(plan)).join("\n")}\n`);
  };
  await save(path.resolve(here, "..", exchange, "fixtures/market.capture"), tests);
  await save(path.resolve(here, "../../../../../examples/markets/captures", `${exchange}.capture`), examples);
}
