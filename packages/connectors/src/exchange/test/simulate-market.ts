/** One thing that happens in a market that is made up. Prices are in ticks, sizes in lots, so that all sums are exact. */
export type Happening = { readonly at: number; readonly instrument: number } & (
  | {
      readonly kind: "trade";
      readonly id: number;
      readonly price: number;
      readonly size: number;
      readonly buy: boolean;
    }
  | {
      readonly kind: "book";
      readonly id: number;
      readonly bids: readonly Change[];
      readonly asks: readonly Change[];
    }
  | { readonly kind: "ticker"; readonly last: number; readonly bid: Change; readonly ask: Change }
);

/** A price with the size that it has now; 0: none. */
export type Change = readonly [price: number, size: number];

/** A book as it is at the beginning. */
export interface FirstBook {
  readonly id: number;
  readonly bids: readonly Change[];
  readonly asks: readonly Change[];
}

/** What is made up. */
export interface MarketPlan {
  readonly seed: number;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly seconds: number;
  /** First price of each instrument, in ticks. */
  readonly prices: readonly number[];
  /** Levels of each side. */
  readonly depth: number;
  /** Happenings per second and instrument. */
  readonly rate: number;
}

/** The same market each time for the same plan. */
export function simulateMarket(plan: MarketPlan): {
  readonly books: readonly FirstBook[];
  readonly happenings: readonly Happening[];
} {
  const random = randomNumbers(plan.seed);
  const instruments = plan.prices.map((price, index) => new Instrument(price, index, plan.depth, random));
  const books = instruments.map((each) => each.first());
  const happenings: Happening[] = [];
  const step = 1_000 / (plan.rate * instruments.length);
  let at = plan.from;
  for (let n = 0; at < plan.from + plan.seconds * 1_000; n++) {
    at += step * (0.2 + 1.6 * random());
    const instrument = instruments[Math.floor(random() * instruments.length)] as Instrument;
    happenings.push(...instrument.happens(Math.floor(at)));
  }
  return { books, happenings };
}

class Instrument {
  readonly #index: number;
  readonly #depth: number;
  readonly #random: () => number;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  #middle: number;
  #trade: number;
  #change: number;

  constructor(price: number, index: number, depth: number, random: () => number) {
    this.#middle = price;
    this.#index = index;
    this.#depth = depth;
    this.#random = random;
    this.#trade = 1_000_000 * (index + 1);
    this.#change = 70_000_000 * (index + 1);
    for (let level = 1; level <= depth; level++) {
      this.#bids.set(price - level, this.#size());
      this.#asks.set(price + level, this.#size());
    }
  }

  first(): FirstBook {
    return {
      id: this.#change,
      bids: [...this.#bids].toSorted((a, b) => b[0] - a[0]),
      asks: [...this.#asks].toSorted((a, b) => a[0] - b[0]),
    };
  }

  happens(at: number): Happening[] {
    const chance = this.#random();
    const common = { at, instrument: this.#index };
    if (chance < 0.35) {
      const buy = this.#random() < 0.5;
      const price = buy ? this.#best(this.#asks, Math.min) : this.#best(this.#bids, Math.max);
      return [{ ...common, kind: "trade", id: ++this.#trade, price, size: this.#size(), buy }];
    }
    if (chance < 0.4) {
      const bid = this.#best(this.#bids, Math.max);
      const ask = this.#best(this.#asks, Math.min);
      return [
        {
          ...common,
          kind: "ticker",
          last: bid,
          bid: [bid, this.#bids.get(bid) ?? 0],
          ask: [ask, this.#asks.get(ask) ?? 0],
        },
      ];
    }
    return [{ ...common, kind: "book", ...this.#moves() }];
  }

  /** Steps of the numbers are of any length, as those of exchanges are. */
  #moves(): { id: number; bids: Change[]; asks: Change[] } {
    const drift = Math.floor(this.#random() * 5) - 2;
    this.#middle += drift;
    const bids = this.#side(this.#bids, -1);
    const asks = this.#side(this.#asks, 1);
    this.#change += 1 + Math.floor(this.#random() * 9);
    return { id: this.#change, bids, asks };
  }

  #side(levels: Map<number, number>, sign: 1 | -1): Change[] {
    const changes = new Map<number, number>();
    for (const price of levels.keys()) {
      const distance = (price - this.#middle) * sign;
      if (distance < 1 || distance > this.#depth) changes.set(price, 0);
    }
    for (let n = 0; n < 3; n++) {
      const price = this.#middle + sign * (1 + Math.floor(this.#random() * this.#depth));
      changes.set(price, this.#random() < 0.2 && levels.size > 5 ? 0 : this.#size());
    }
    // One level at least stays, next to the middle.
    changes.set(this.#middle + sign, this.#size());
    for (const [price, size] of changes) {
      if (size === 0) levels.delete(price);
      else levels.set(price, size);
    }
    return [...changes].toSorted((a, b) => (a[0] - b[0]) * sign);
  }

  #best(levels: ReadonlyMap<number, number>, which: (...prices: number[]) => number): number {
    return which(...levels.keys());
  }

  #size(): number {
    return 1 + Math.floor(this.#random() ** 3 * 50_000);
  }
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
