import { MillraceError, nearest } from "@millrace/core";
import { EXCHANGES } from "../exchanges.ts";
import type { ExchangeMapping } from "../model/exchange-mapping.ts";
import type { ChannelFacts } from "../model/mapping.ts";
import { NORMAL_SYMBOL, Symbols } from "../model/symbols.ts";

/** A subscription with all that is known of it. */
export interface PlannedSubscription {
  /** Its key at the collector: `channel:symbol`, or `channel` alone. */
  readonly key: string;
  /** The exchange's own word. */
  readonly channel: string;
  /** Normal form; empty for channels that have no instrument. */
  readonly symbol: string;
  /** The exchange's own name. */
  readonly native: string;
  readonly facts: ChannelFacts;
}

/** What is asked of an exchange, checked. */
export interface MarketPlan {
  readonly mapping: ExchangeMapping;
  readonly symbols: Symbols;
  readonly subscriptions: readonly PlannedSubscription[];
}

/** Names of the exchanges that can be collected. */
export function supportedExchanges(): string[] {
  return [...EXCHANGES.keys()];
}

/** The mapping of an exchange. Fails with MLR_ARGUMENT_INVALID. */
function mappingOf(name: string): ExchangeMapping {
  const mapping = EXCHANGES.get(name);
  if (mapping !== undefined) return mapping;
  const names = supportedExchanges();
  const near = nearest(name, names);
  throw new MillraceError("MLR_ARGUMENT_INVALID", `There is no exchange "${name}"`, {
    hint: `${near === undefined ? "" : `Is it ${near}? `}Supported are ${names.join(", ")}.`,
  });
}

/** Checks symbols and channels without connecting. Fails with MLR_ARGUMENT_INVALID. */
export function planMarket(
  name: string,
  asked: { readonly symbols: readonly string[]; readonly channels: readonly string[] },
): MarketPlan {
  const mapping = mappingOf(name);
  const symbols = new Symbols(mapping.symbols);
  const planned = new Map<string, PlannedSubscription>();
  for (const symbol of asked.symbols) {
    const native = symbols.native(checkSymbol(name, symbol));
    for (const word of asked.channels) {
      const each = subscriptionOf(mapping, { word, native, symbol: symbols.normal(native) });
      planned.set(each.key, each);
    }
  }
  const subscriptions = [...planned.values()];
  checkOneOfEach(name, subscriptions);
  return { mapping, symbols, subscriptions };
}

function checkSymbol(exchange: string, symbol: string): string {
  // The exchange's own names are taken too: they have no small letters either.
  if (NORMAL_SYMBOL.test(symbol) || /^[A-Z0-9][A-Z0-9_.-]*$/.test(symbol)) return symbol;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `exchange("${exchange}"): "${symbol}" is no name of an instrument`,
    {
      hint: "Write BTC-USDT for spot, BTC-USDT-PERP for perpetual contracts, BTC-USD-260327 for those that end on a day.",
    },
  );
}

function subscriptionOf(
  mapping: ExchangeMapping,
  { word, native, symbol }: { readonly word: string; readonly native: string; readonly symbol: string },
): PlannedSubscription {
  const channels = mapping.channels(native);
  const channel = channels.has(word)
    ? word
    : (mapping.aliases[word] ?? candleChannel(word, channels) ?? word);
  const facts = channels.get(channel);
  if (facts === undefined) {
    const words = [...Object.keys(mapping.aliases), "candles:<interval>", ...channels.keys()];
    const near = nearest(word, words);
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `exchange("${mapping.name}"): there is no channel "${word}" for ${symbol}`,
      { hint: `${near === undefined ? "" : `Is it ${near}? `}Supported are ${words.join(", ")}.` },
    );
  }
  if (mapping.isGlobal?.(channel) === true) return { key: channel, channel, symbol: "", native: "", facts };
  return { key: `${channel}:${symbol}`, channel, symbol, native, facts };
}

/** `candles:4h` is the channel whose interval is 4h. */
function candleChannel(word: string, channels: ReadonlyMap<string, ChannelFacts>): string | undefined {
  if (!word.startsWith("candles:")) return undefined;
  const interval = word.slice("candles:".length);
  for (const [channel, facts] of channels) if (facts.interval === interval) return channel;
  return undefined;
}

/** Two channels that tell the same trades, or the same book in the same words, would count everything twice. */
function checkOneOfEach(exchange: string, subscriptions: readonly PlannedSubscription[]): void {
  const trades = new Map<string, string>();
  for (const { symbol, channel, facts } of subscriptions) {
    if (facts.trades === undefined) continue;
    const other = trades.get(symbol);
    if (other !== undefined) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `exchange("${exchange}"): ${other} and ${channel} tell the same trades of ${symbol}`,
        { hint: "Choose one of the two." },
      );
    }
    trades.set(symbol, channel);
  }
}
