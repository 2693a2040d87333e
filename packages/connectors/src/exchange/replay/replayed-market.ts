import type { Fields } from "../model/fields.ts";
import type { ReplayBook, ReplayChange, ReplayDialect, ReplayMarket } from "./replay-dialect.ts";

interface Sides {
  readonly bids: Map<string, readonly string[]>;
  readonly asks: Map<string, readonly string[]>;
  sequence: number;
}

/** What a replay server knows of the market that it plays: for snapshots, and for what is asked by REST. */
export class ReplayedMarket implements ReplayMarket {
  now = 0;
  readonly #dialect: ReplayDialect;
  readonly #natives: readonly string[];
  readonly #books = new Map<string, Sides>();
  readonly #trades = new Map<string, Fields[]>();
  readonly #candles = new Map<string, Fields[]>();

  constructor(dialect: ReplayDialect, natives: readonly string[]) {
    this.#dialect = dialect;
    this.#natives = natives;
  }

  get natives(): readonly string[] {
    return this.#natives;
  }

  /** Takes a message of the capture. */
  take(message: Fields): void {
    const change = this.#dialect.change(message);
    if (change !== undefined) this.change(change);
    const trade = this.#dialect.trade(message);
    if (trade !== undefined) listed(this.#trades, trade.native).push(trade.fields);
    const candle = this.#dialect.candle(message);
    if (candle !== undefined) listed(this.#candles, `${candle.channel}:${candle.native}`).push(candle.fields);
  }

  /** Takes a change of a book. */
  change({ native, whole, bids, asks, sequence }: ReplayChange): void {
    let book = this.#books.get(native);
    if (book === undefined || whole) {
      book = { bids: new Map(), asks: new Map(), sequence };
      this.#books.set(native, book);
    }
    set(book.bids, bids);
    set(book.asks, asks);
    book.sequence = sequence;
  }

  book(native: string): ReplayBook | undefined {
    const book = this.#books.get(native);
    if (book === undefined) return undefined;
    const price = (level: readonly string[]): number => Number(level[0]);
    return {
      bids: [...book.bids.values()].toSorted((a, b) => price(b) - price(a)),
      asks: [...book.asks.values()].toSorted((a, b) => price(a) - price(b)),
      sequence: book.sequence,
    };
  }

  trades(native: string): readonly Fields[] {
    return this.#trades.get(native) ?? [];
  }

  candles(channel: string, native: string): readonly Fields[] {
    return this.#candles.get(`${channel}:${native}`) ?? [];
  }
}

function set(levels: Map<string, readonly string[]>, changes: readonly (readonly string[])[]): void {
  for (const level of changes) {
    const [price = "", size = ""] = level;
    if (Number(size) === 0) levels.delete(price);
    else levels.set(price, level);
  }
}

function listed(lists: Map<string, Fields[]>, name: string): Fields[] {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
}
