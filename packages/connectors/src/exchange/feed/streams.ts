import { type ColumnDefinition, parseColumnType, type StreamDefinition } from "@millrace/core";
import type { MarketEventKind } from "../model/market-event.ts";

const STAMP = "exchange text, symbol text, exchange_time timestamptz, received_at timestamptz, raw text";
const LEVELS = "bid_prices numeric[], bid_sizes numeric[], ask_prices numeric[], ask_sizes numeric[]";
const BEST = "bid_price numeric, bid_size numeric, ask_price numeric, ask_size numeric";

/** Streams of an exchange by name: their keys, and their columns. */
const STREAMS: Readonly<Record<string, { readonly key: readonly string[]; readonly columns: string }>> = {
  trades: {
    key: ["exchange", "symbol", "trade_id"],
    columns:
      "trade_id text, price numeric, size numeric, side text, fills integer, sequence bigint, exchange_time_ns bigint, backfilled boolean",
  },
  candles: {
    key: ["exchange", "symbol", "origin", "interval", "open_time"],
    columns:
      "interval text, open_time timestamptz, open numeric, high numeric, low numeric, close numeric, volume numeric, quote_volume numeric, trades bigint, closed boolean, origin text",
  },
  tickers: {
    key: ["exchange", "symbol"],
    columns: `last numeric, last_size numeric, ${BEST}, open_24h numeric, high_24h numeric, low_24h numeric, volume_24h numeric, quote_volume_24h numeric`,
  },
  bbo: { key: ["exchange", "symbol"], columns: `${BEST}, sequence bigint` },
  book_snapshots: {
    key: ["exchange", "symbol", "channel", "received_at"],
    columns: `channel text, sequence bigint, ${LEVELS}`,
  },
  book_updates: { key: [], columns: `channel text, action text, sequence bigint, ${LEVELS}` },
  funding: {
    key: ["exchange", "symbol", "funding_time"],
    columns: "rate numeric, funding_time timestamptz, next_rate numeric",
  },
  open_interest: { key: ["exchange", "symbol"], columns: "contracts numeric, base_amount numeric" },
  mark_prices: { key: ["exchange", "symbol"], columns: "price numeric, index_price numeric" },
  liquidations: { key: [], columns: "side text, price numeric, size numeric" },
  instruments: {
    key: ["exchange", "native"],
    columns:
      "native text, kind text, base text, quote text, tick_size numeric, lot_size numeric, contract_size numeric, active boolean",
  },
  account: { key: [], columns: "channel text, data json" },
  gaps: {
    key: ["exchange", "symbol", "stream", "gap_id"],
    columns: "stream text, gap_id text, first bigint, last bigint, state text, reason text",
  },
};

/** The stream that an event lands in; books have streams of their own. */
export const STREAM_OF: Readonly<Partial<Record<MarketEventKind, string>>> = {
  trade: "trades",
  ticker: "tickers",
  bbo: "bbo",
  candle: "candles",
  funding: "funding",
  open_interest: "open_interest",
  mark_price: "mark_prices",
  liquidation: "liquidations",
  instrument: "instruments",
  account: "account",
};

/** Names of all streams. */
export const STREAM_NAMES: readonly string[] = Object.keys(STREAMS);

/** Columns that identify a row of the stream; none for those that are appended to. */
export function keyOf(stream: string): readonly string[] {
  return STREAMS[stream]?.key ?? [];
}

/** What a source says of a stream. */
export function streamDefinition(name: string): StreamDefinition {
  const { key, columns } = STREAMS[name] ?? { key: [], columns: "" };
  return {
    name,
    ...(key.length === 0 ? {} : { key }),
    columns: `${STAMP}, ${columns}`.split(", ").map(column),
  };
}

function column(said: string): ColumnDefinition {
  const at = said.indexOf(" ");
  return { name: said.slice(0, at), type: parseColumnType(said.slice(at + 1)) };
}
