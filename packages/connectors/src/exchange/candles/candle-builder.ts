import { add, compare, exact, type Exact, multiply, plain, ZERO } from "../model/exact.ts";
import type { Candle, Trade } from "../model/market-event.ts";
import type { CandleInterval } from "./interval.ts";

/** How candles are made of trades. */
export interface CandleOptions {
  readonly interval: CandleInterval;
  /** Microseconds after an interval's end in which late trades are still waited for before its candle is closed. */
  readonly graceUs: number;
  /** Whether intervals without trades get candles, at the last price and without volume. */
  readonly empty: boolean;
  /** Closed candles that late trades can still change. */
  readonly kept: number;
}

interface Open {
  readonly start: number;
  readonly open: Mark;
  readonly close: Mark;
  high: Exact;
  low: Exact;
  volume: Exact;
  quote: Exact;
  trades: number;
  closed: boolean;
  exchangeTime: number;
  receivedAt: number;
}

/** The first or last trade, by its time and then by its number. */
interface Mark {
  time: number;
  sequence: number;
  price: string;
}

/**
 * Makes one instrument's candles of its trades, by the trades' own times and in whatever order they come. A candle is closed
 * when a trade of a later time, or `advance`, says that its interval is over; a late trade changes a closed candle, which is
 * then told again. Empty candles are made between two that have trades.
 */
export class CandleBuilder {
  readonly #options: CandleOptions;
  readonly #candles = new Map<number, Open>();
  #stamp: { readonly exchange: string; readonly symbol: string } = { exchange: "", symbol: "" };
  #latest = Number.NEGATIVE_INFINITY;
  #closedUntil = Number.NEGATIVE_INFINITY;
  #lost = 0;

  constructor(options: CandleOptions) {
    this.#options = options;
  }

  /** Trades that came too late for any candle that is still kept. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes a trade; returns the candles that are closed by it, or were and have changed, oldest first. */
  take(trade: Trade): Candle[] {
    const time = trade.exchange_time ?? trade.received_at;
    const start = this.#options.interval.start(time);
    this.#stamp = trade;
    let candle = this.#candles.get(start);
    if (candle === undefined) {
      if (start < this.#oldest()) {
        this.#lost++;
        return [];
      }
      candle = begin(start, trade, time);
      this.#candles.set(start, candle);
    }
    include(candle, trade, time);
    const changed = candle.closed || start < this.#closedUntil ? [this.#closedAgain(candle)] : [];
    this.#latest = Math.max(this.#latest, time);
    return [...changed, ...this.advance(this.#latest)];
  }

  /** Says what time it is, microseconds since 1970: returns the candles that this closes. */
  advance(now: number): Candle[] {
    const until = this.#options.interval.start(now - this.#options.graceUs);
    if (until <= this.#closedUntil) return [];
    const closed: Candle[] = [];
    const due = [...this.#candles.values()]
      .filter((each) => !each.closed && each.start < until)
      .toSorted((a, b) => a.start - b.start);
    for (const candle of due) {
      closed.push(...this.#emptyBefore(candle.start));
      candle.closed = true;
      this.#previous = candle;
      closed.push(this.#candle(candle));
    }
    closed.push(...this.#emptyBefore(until));
    this.#closedUntil = until;
    this.#forget();
    return closed;
  }

  /** The candles that are not closed yet, as they are now. */
  current(): Candle[] {
    return [...this.#candles.values()]
      .filter(({ closed }) => !closed)
      .toSorted((a, b) => a.start - b.start)
      .map((candle) => this.#candle(candle));
  }

  /** The last candle that was closed, behind which empty ones are made. */
  #previous: Open | undefined;
  #emptyUntil = Number.NEGATIVE_INFINITY;

  #emptyBefore(start: number): Candle[] {
    const previous = this.#previous;
    if (!this.#options.empty || previous === undefined) return [];
    const made: Candle[] = [];
    const { interval } = this.#options;
    let at = Math.max(interval.next(previous.start), this.#emptyUntil);
    for (; at < start; at = interval.next(at)) made.push(this.#candle(emptyAt(at, previous)));
    this.#emptyUntil = Math.max(this.#emptyUntil, at);
    return made;
  }

  #closedAgain(candle: Open): Candle {
    candle.closed = true;
    return this.#candle(candle);
  }

  #oldest(): number {
    if (this.#candles.size < this.#options.kept) return Number.NEGATIVE_INFINITY;
    return Math.min(...this.#candles.keys());
  }

  #forget(): void {
    const starts = [...this.#candles.keys()].toSorted((a, b) => a - b);
    for (const start of starts.slice(0, Math.max(0, starts.length - this.#options.kept))) {
      if (this.#candles.get(start)?.closed) this.#candles.delete(start);
    }
  }

  #candle(candle: Open): Candle {
    return {
      exchange: this.#stamp.exchange,
      symbol: this.#stamp.symbol,
      interval: this.#options.interval.name,
      open_time: candle.start,
      open: candle.open.price,
      high: plain(candle.high),
      low: plain(candle.low),
      close: candle.close.price,
      volume: plain(candle.volume),
      quote_volume: plain(candle.quote),
      trades: candle.trades,
      closed: candle.closed,
      origin: "trades",
      exchange_time: candle.exchangeTime,
      received_at: candle.receivedAt,
    };
  }
}

function begin(start: number, trade: Trade, time: number): Open {
  const price = exact(trade.price);
  const mark = { time, sequence: trade.sequence, price: trade.price };
  return {
    start,
    open: { ...mark },
    close: { ...mark },
    high: price,
    low: price,
    volume: ZERO,
    quote: ZERO,
    trades: 0,
    closed: false,
    exchangeTime: time,
    receivedAt: trade.received_at,
  };
}

function emptyAt(start: number, { close, exchangeTime, receivedAt }: Open): Open {
  const price = exact(close.price);
  return {
    start,
    open: close,
    close,
    high: price,
    low: price,
    volume: ZERO,
    quote: ZERO,
    trades: 0,
    closed: true,
    exchangeTime,
    receivedAt,
  };
}

function include(candle: Open, trade: Trade, time: number): void {
  const price = exact(trade.price);
  const size = exact(trade.size);
  if (compare(price, candle.high) > 0) candle.high = price;
  if (compare(price, candle.low) < 0) candle.low = price;
  candle.volume = add(candle.volume, size);
  candle.quote = add(candle.quote, multiply(price, size));
  candle.trades += trade.fills;
  const { open, close } = candle;
  if (isBefore(time, trade.sequence, open))
    Object.assign(open, { time, sequence: trade.sequence, price: trade.price });
  if (!isBefore(time, trade.sequence, close))
    Object.assign(close, { time, sequence: trade.sequence, price: trade.price });
  candle.exchangeTime = Math.max(candle.exchangeTime, time);
  candle.receivedAt = Math.max(candle.receivedAt, trade.received_at);
}

function isBefore(time: number, sequence: number, mark: Mark): boolean {
  return time < mark.time || (time === mark.time && sequence < mark.sequence);
}
