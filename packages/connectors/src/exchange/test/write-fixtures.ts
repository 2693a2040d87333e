/** Writes the captures beside the exchanges: `node --conditions=@millrace/source packages/connectors/src/exchange/test/write-fixtures.ts` */
import { mkdir, writeFile } from "node:fs/promises";
import { type CaptureWriter, type Naming, writeBinance, writeCoinbase, writeOkx } from "./capture-writers.ts";
import { simulateMarket } from "./simulate-market.ts";

const plan = {
  seed: 7,
  from: Date.UTC(2026, 6, 1, 11, 59, 20),
  seconds: 110,
  prices: [601_234, 24_567],
  depth: 12,
  rate: 2,
};

await write("okx", writeOkx, ["BTC-USDT", "ETH-USDT"]);
await write("binance", writeBinance, ["BTCUSDT", "ETHUSDT"]);
await write("coinbase", writeCoinbase, ["BTC-USD", "ETH-USD"]);

async function write(exchange: string, writer: CaptureWriter, natives: readonly string[]): Promise<void> {
  const names = natives.map((native, index): Naming => ({ native, priceDigits: index + 1, sizeDigits: 5 }));
  const folder = new URL(`../${exchange}/fixtures/`, import.meta.url);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL("market.capture", folder), `${writer(names, simulateMarket(plan)).join("\n")}\n`);
}
