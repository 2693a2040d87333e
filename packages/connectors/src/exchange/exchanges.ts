import { binance } from "./binance/index.ts";
import { coinbase, coinbaseAdvanced } from "./coinbase/index.ts";
import type { ExchangeMapping } from "./model/exchange-mapping.ts";
import { okx } from "./okx/index.ts";

/** Every exchange by its name. A new one is a folder with a mapping and captures, and a line here. */
export const EXCHANGES: ReadonlyMap<string, ExchangeMapping> = new Map(
  [okx, binance, coinbase, coinbaseAdvanced].map((mapping) => [mapping.name, mapping]),
);
