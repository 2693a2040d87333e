/** What every event of a market carries. Fields have the names of the columns that they land in. */
export interface Stamped {
  /** Name of the exchange, such as `okx`. */
  readonly exchange: string;
  /** Normal form of the instrument, such as `BTC-USDT`, see `Symbols`. */
  readonly symbol: string;
  /** The exchange's own time, microseconds since 1970. Null where the exchange tells none. */
  readonly exchange_time: number | null;
  /** When the message came in, microseconds since 1970. */
  readonly received_at: number;
  /** The message as it came, where the option `raw` is set. */
  readonly raw?: string;
}

/** Of a trade, the side of who took the liquidity. */
export type Side = "buy" | "sell";

/** One trade, or one order's fills at one price where the exchange tells only those. */
export interface Trade extends Stamped {
  /** The exchange's id; of several fills the last one's. With exchange and symbol it is the key. */
  readonly trade_id: string;
  /** Exact decimal without trailing zeros. */
  readonly price: string;
  /** Exact decimal; in contracts where the instrument is a contract. */
  readonly size: string;
  readonly side: Side;
  /** How many fills of the exchange this is. */
  readonly fills: number;
  /** Number by which the exchange's stream can be seen to be without gaps. */
  readonly sequence: number;
  /** The exchange's time in nanoseconds since 1970, where it tells more than microseconds. */
  readonly exchange_time_ns?: bigint;
  /** True for trades that were fetched afterwards. */
  readonly backfilled: boolean;
}

/** The best bid and offer. */
export interface Bbo extends Stamped {
  readonly bid_price: string | null;
  readonly bid_size: string | null;
  readonly ask_price: string | null;
  readonly ask_size: string | null;
  readonly sequence: number | null;
}

/** Statistics of the last 24 hours with the last price. */
export interface Ticker extends Stamped {
  readonly last: string;
  readonly last_size: string | null;
  readonly bid_price: string | null;
  readonly bid_size: string | null;
  readonly ask_price: string | null;
  readonly ask_size: string | null;
  readonly open_24h: string | null;
  readonly high_24h: string | null;
  readonly low_24h: string | null;
  readonly volume_24h: string | null;
  readonly quote_volume_24h: string | null;
}

/** One candle. */
export interface Candle extends Stamped {
  /** Such as `1m`, `4h` or `1d`; with `@8` behind it where the day begins at UTC+8. */
  readonly interval: string;
  /** First instant of the candle, microseconds since 1970. */
  readonly open_time: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  /** Null where the exchange tells none. */
  readonly quote_volume: string | null;
  readonly trades: number | null;
  /** False while trades still come. */
  readonly closed: boolean;
  /** Who made it. */
  readonly origin: "exchange" | "trades";
}

/** The rate that holders of a perpetual contract pay one another. */
export interface Funding extends Stamped {
  readonly rate: string;
  /** When the rate is paid, microseconds since 1970. */
  readonly funding_time: number;
  readonly next_rate: string | null;
}

/** How many contracts are open. */
export interface OpenInterest extends Stamped {
  readonly contracts: string;
  /** The same in the base currency, where the exchange tells it. */
  readonly base_amount: string | null;
}

/** The price that margins are reckoned by. */
export interface MarkPrice extends Stamped {
  readonly price: string;
  readonly index_price: string | null;
}

/** A position that the exchange closed by force. */
export interface Liquidation extends Stamped {
  /** Side of the order that closed the position. */
  readonly side: Side;
  readonly price: string;
  readonly size: string;
}

/** An instrument that can be traded. */
export interface Instrument extends Stamped {
  /** The exchange's own name of it, such as `BTC-USDT-SWAP`. */
  readonly native: string;
  readonly kind: "spot" | "perpetual" | "future" | "option";
  readonly base: string;
  readonly quote: string;
  /** The smallest steps of price and size. */
  readonly tick_size: string | null;
  readonly lot_size: string | null;
  /** How much of the base one contract is; null for spot. */
  readonly contract_size: string | null;
  readonly active: boolean;
}

/** An event of a private channel: the user's own orders, fills and balances, as the exchange words them. */
export interface AccountEvent extends Stamped {
  /** Channel of the exchange. */
  readonly channel: string;
  /** The exchange's object as canonical JSON text. */
  readonly data: string;
}

/** A level as it came: price, size, and whatever else the exchange tells of it. Never changed once received. */
export type Level = readonly [price: string, size: string, ...rest: unknown[]];

/** A snapshot of a book, or what changed in it. */
export interface BookChange extends Stamped {
  /** The exchange's channel: books of several depths can go on beside one another. */
  readonly channel: string;
  readonly action: "snapshot" | "update";
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** Number of this change; null where the exchange counts none. */
  readonly sequence: number | null;
  /** First number that this change covers, where it covers several. */
  readonly first: number | null;
  /** Number of the change before. */
  readonly previous: number | null;
  /** CRC-32 of the best levels after this change; absent or 0: none. */
  readonly checksum?: number;
}

/** What happened to one order of a book whose orders are told one by one (L3). */
export interface OrderChange extends Stamped {
  readonly channel: string;
  /** `open`: it waits in the book with `size`. `reduce`: `size` of it was taken. `resize`: it has `size` now. `done`: it has left. `other`: the book stays. */
  readonly change: "open" | "reduce" | "resize" | "done" | "other";
  readonly order_id: string;
  readonly side: Side | null;
  readonly price: string | null;
  readonly size: string | null;
  readonly sequence: number;
}

/** A hole in a stream: what is missing, and whether it was fetched afterwards. */
export interface Gap extends Stamped {
  /** Tells the gaps of a stream apart: the first number that is missing, or when it was noticed. */
  readonly gap_id: string;
  /** Stream that lacks something, such as `trades` or `book_updates`. */
  readonly stream: string;
  /** First and last number that is missing; null where the exchange counts none. */
  readonly first: number | null;
  readonly last: number | null;
  /** `open`: being fetched; `filled`: all of it was fetched; `marked`: it cannot be had. */
  readonly state: "open" | "filled" | "marked";
  /** Why, for people. */
  readonly reason: string;
}

/** Events by their kind. */
export interface MarketEvents {
  readonly trade: Trade;
  readonly orderbook: BookChange;
  readonly order: OrderChange;
  readonly ticker: Ticker;
  readonly bbo: Bbo;
  readonly candle: Candle;
  readonly funding: Funding;
  readonly open_interest: OpenInterest;
  readonly mark_price: MarkPrice;
  readonly liquidation: Liquidation;
  readonly instrument: Instrument;
  readonly account: AccountEvent;
  readonly gap: Gap;
}

/** Kinds of events. */
export type MarketEventKind = keyof MarketEvents;

/** Takes one event. */
export type Emit = <K extends MarketEventKind>(kind: K, event: MarketEvents[K]) => void;
