import { malformed } from "../model/malformed.ts";
import type { Level } from "../model/market-event.ts";
import { compareDecimals } from "./compare-decimals.ts";

/**
 * The levels of one side of a book, sorted with the best last, as most changes are near the best: little has to move then.
 * Sorted by the price as a double, and by its exact digits where doubles cannot tell two prices apart.
 */
export class BookSide {
  /** Prices; those of asks are negative, so that the best is the greatest on both sides. */
  readonly #keys: number[] = [];
  /** The levels as they came. */
  readonly #levels: Level[] = [];
  readonly #sign: 1 | -1;

  constructor(side: "bids" | "asks") {
    this.#sign = side === "bids" ? 1 : -1;
  }

  /** How many levels there are. */
  get size(): number {
    return this.#levels.length;
  }

  /** The level that is `rank` behind the best, which is 0. */
  at(rank: number): Level | undefined {
    return this.#levels[this.#levels.length - 1 - rank];
  }

  /** Sets the size at a price, or removes the level where the size is zero. Fails with MLR_ROW_MALFORMED. */
  set(level: Level): void {
    const key = this.#keyOf(level);
    const keys = this.#keys;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    let found = keys[low] === key;
    if (found && (this.#levels[low] as Level)[0] !== level[0]) {
      low = this.#exact(low, key, level[0]);
      found = keys[low] === key && compareDecimals((this.#levels[low] as Level)[0], level[0]) === 0;
    }
    if (isZero(level[1])) {
      if (found) this.#remove(low);
    } else if (found) this.#levels[low] = level;
    else this.#insert(low, key, level);
  }

  /** Forgets all levels. */
  clear(): void {
    this.#keys.length = 0;
    this.#levels.length = 0;
  }

  /** The best levels, best first. */
  top(count: number): Level[] {
    const levels: Level[] = [];
    const last = this.#levels.length - 1;
    for (let rank = 0; rank < count && rank <= last; rank++) levels.push(this.#levels[last - rank] as Level);
    return levels;
  }

  /** Where the price is or would have to be, among those that are the same double. */
  #exact(from: number, key: number, price: string): number {
    let at = from;
    while (this.#keys[at] === key && this.#sign * compareDecimals((this.#levels[at] as Level)[0], price) < 0)
      at++;
    return at;
  }

  #keyOf(level: Level): number {
    const whole: readonly unknown[] = Array.isArray(level) ? level : [];
    const price = whole[0];
    const size = whole[1];
    const key = typeof price === "string" ? Number(price) : Number.NaN;
    if (!(key > 0 && key < Infinity) || typeof size !== "string" || !isDigit(size))
      throw malformed("level", level, "a price with a size");
    return this.#sign * key;
  }

  #insert(at: number, key: number, level: Level): void {
    const keys = this.#keys;
    const levels = this.#levels;
    keys.push(key);
    levels.push(level);
    for (let i = keys.length - 1; i > at; i--) {
      keys[i] = keys[i - 1] as number;
      levels[i] = levels[i - 1] as Level;
    }
    keys[at] = key;
    levels[at] = level;
  }

  #remove(at: number): void {
    const keys = this.#keys;
    const levels = this.#levels;
    const last = keys.length - 1;
    for (let i = at; i < last; i++) {
      keys[i] = keys[i + 1] as number;
      levels[i] = levels[i + 1] as Level;
    }
    keys.pop();
    levels.pop();
  }
}

/** True for `0`, `0.000` and the like; most sizes are told apart by their first character. */
function isZero(size: string): boolean {
  return size === "0" || (size.charCodeAt(0) === 48 && Number(size) === 0);
}

/** Sizes begin with a digit; whether the rest is a number is seen where it lands. */
function isDigit(size: string): boolean {
  const first = size.charCodeAt(0);
  return first >= 48 && first <= 57;
}
