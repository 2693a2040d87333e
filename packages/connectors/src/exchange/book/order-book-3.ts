import { add, exact, type Exact, plain, subtract, ZERO } from "../model/exact.ts";
import { decimal } from "../model/fields.ts";
import { malformed } from "../model/malformed.ts";
import type { BookChange, Level, OrderChange, Side } from "../model/market-event.ts";

/** One order that waits in the book. */
export interface WaitingOrder {
  readonly side: Side;
  readonly price: string;
  readonly size: string;
}

/** Orders that are kept for a snapshot; more means that it will not come. */
const MOST_HELD = 100_000;

/** An order by its id, as a snapshot lists it. */
export type ListedOrder = WaitingOrder & { readonly id: string };

/**
 * A book of single orders (L3). It makes changes of price levels (L2) of them, which the book by price is kept with: its
 * snapshot comes by REST, and changes that came before wait for it.
 */
export class OrderBook3 {
  readonly #orders = new Map<string, WaitingOrder>();
  readonly #levels = { buy: new Map<string, Exact>(), sell: new Map<string, Exact>() };
  #sequence: number | undefined;
  #held: OrderChange[] = [];

  /** How many orders wait in the book. */
  get size(): number {
    return this.#orders.size;
  }

  /** True while the book is whole. */
  get live(): boolean {
    return this.#sequence !== undefined;
  }

  /** The order of an id. */
  order(id: string): WaitingOrder | undefined {
    return this.#orders.get(id);
  }

  /** Forgets the book: the next snapshot begins it again. */
  lose(): void {
    this.#sequence = undefined;
    this.#held = [];
    this.#orders.clear();
    this.#levels.buy.clear();
    this.#levels.sell.clear();
  }

  /** Takes a change. Returns what it changes by price, nothing where it waits or is old, or `gap`. */
  take(change: OrderChange): BookChange | "gap" | undefined {
    if (this.#sequence === undefined) {
      this.#held.push(change);
      if (this.#held.length <= MOST_HELD) return undefined;
      this.lose();
      return "gap";
    }
    if (change.sequence <= this.#sequence) return undefined;
    if (change.sequence !== this.#sequence + 1) {
      this.lose();
      return "gap";
    }
    const previous = this.#sequence;
    this.#sequence = change.sequence;
    return this.#change(change, previous);
  }

  /** Begins the book with a snapshot. Returns it by price with what has come since, or `gap` where it is too old. */
  begin(
    orders: readonly ListedOrder[],
    snapshot: Omit<BookChange, "bids" | "asks" | "action" | "first" | "previous"> & {
      readonly sequence: number;
    },
  ): readonly BookChange[] | "gap" {
    const held = this.#held;
    this.lose();
    for (const { id, side, price, size } of orders) {
      // The feed's decimals are without trailing zeros: one price has one text.
      this.#add(id, { side, price: decimal(price, "price"), size: decimal(size, "size") });
    }
    this.#sequence = snapshot.sequence;
    const whole: BookChange = {
      ...snapshot,
      action: "snapshot",
      first: null,
      previous: null,
      bids: levelsOf(this.#levels.buy),
      asks: levelsOf(this.#levels.sell),
    };
    const changes = [whole];
    for (const each of held) {
      const change = this.take(each);
      if (change === "gap") return "gap";
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  #change(change: OrderChange, previous: number): BookChange {
    const touched = this.#apply(change);
    const { exchange, symbol, channel, exchange_time, received_at, sequence } = change;
    const levels = (of: Side): Level[] =>
      touched.filter(({ side }) => side === of).map((order) => this.#level(order));
    return {
      exchange,
      symbol,
      channel,
      exchange_time,
      received_at,
      ...(change.raw === undefined ? {} : { raw: change.raw }),
      action: "update",
      sequence,
      first: null,
      previous,
      bids: levels("buy"),
      asks: levels("sell"),
    };
  }

  /** Returns orders of the levels that have changed. */
  #apply(change: OrderChange): readonly WaitingOrder[] {
    const known = this.#orders.get(change.order_id);
    switch (change.change) {
      case "open":
        return [
          this.#add(change.order_id, {
            side: change.side ?? missing("side"),
            price: change.price ?? missing("price"),
            size: change.size ?? missing("size"),
          }),
        ];
      case "reduce":
        if (known === undefined) return [];
        return this.#resize(change.order_id, known, subtract(exact(known.size), exact(change.size ?? "0")));
      case "resize":
        if (known === undefined) return [];
        return this.#resize(change.order_id, known, exact(change.size ?? "0"), change.price ?? known.price);
      case "done":
        return known === undefined ? [] : this.#resize(change.order_id, known, ZERO);
      default:
        return [];
    }
  }

  #add(id: string, order: WaitingOrder): WaitingOrder {
    this.#orders.set(id, order);
    this.#grow(order, exact(order.size));
    return order;
  }

  #resize(id: string, known: WaitingOrder, size: Exact, price = known.price): readonly WaitingOrder[] {
    this.#grow(known, subtract(ZERO, exact(known.size)));
    if (size.units <= 0n) {
      this.#orders.delete(id);
      return [known];
    }
    return [known, this.#add(id, { side: known.side, price, size: plain(size) })];
  }

  #grow({ side, price }: WaitingOrder, by: Exact): void {
    const levels = this.#levels[side];
    const size = add(levels.get(price) ?? ZERO, by);
    if (size.units <= 0n) levels.delete(price);
    else levels.set(price, size);
  }

  #level({ side, price }: WaitingOrder): Level {
    return [price, plain(this.#levels[side].get(price) ?? ZERO)];
  }
}

function levelsOf(levels: ReadonlyMap<string, Exact>): Level[] {
  return [...levels].map(([price, size]): Level => [price, plain(size)]);
}

function missing(field: string): never {
  throw malformed(field, undefined, "a value");
}
