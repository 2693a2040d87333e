import { MillraceError, parseOptions, type TableOptions } from "@millrace/core";
import { candleInterval } from "./candles/interval.ts";
import { marketCollector } from "./feed/market-collector.ts";
import { planMarket, supportedExchanges } from "./feed/plan.ts";
import { keyOf, STREAM_NAMES } from "./feed/streams.ts";
import type { MarketSource } from "./market-source.ts";
import { exchangeOptions, type ExchangeOptions } from "./options.ts";

export type {
  AccountEvent,
  Bbo,
  BookChange,
  Candle,
  Funding,
  Gap,
  Instrument,
  Level,
  Liquidation,
  MarketEvents,
  MarkPrice,
  OpenInterest,
  Side,
  Stamped,
  Ticker,
  Trade,
} from "./model/market-event.ts";
export type { MarketSource } from "./market-source.ts";
export type { ExchangeOptions } from "./options.ts";

/**
 * The live market of an exchange: trades, books, candles, tickers and more, with exact decimals. Connects again by itself, and
 * fetches or marks what it missed. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example exchange("okx", { symbols: ["BTC-USDT"], channels: ["trades", "book"] })
 */
export function exchange(name: string, options: ExchangeOptions): MarketSource {
  const where = `exchange("${name}")`;
  const resolved = parseOptions(exchangeOptions, options, where);
  for (const interval of resolved.candles.intervals) candleInterval(interval);
  const plan = planMarket(name, resolved);
  const { credentials } = resolved;
  if (credentials !== undefined && plan.mapping.passphrase && credentials.passphrase === undefined) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${where}: the credentials have no passphrase`, {
      hint: "It was chosen when the key was made: credentials: { key, secret, passphrase }.",
    });
  }
  return marketCollector(plan, resolved);
}

/** What is known of exchanges. */
export const exchanges = {
  /** Names that `exchange()` takes. */
  supported(): string[] {
    return supportedExchanges();
  },
};

/**
 * The tables of an exchange's streams, for `postgres().tables(marketTables())`: those with a key are upserted, so that each
 * trade lands once; changes of books and liquidations are appended. `prefix` goes before the names of tables.
 */
export function marketTables(prefix = ""): Record<string, TableOptions> {
  return Object.fromEntries(
    STREAM_NAMES.map((stream): [string, TableOptions] => {
      const key = [...keyOf(stream)];
      const table = { name: `${prefix}${stream}` };
      return [stream, key.length === 0 ? { ...table, mode: "append" } : { ...table, key, mode: "upsert" }];
    }),
  );
}
