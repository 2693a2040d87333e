import type { Trade } from "../model/market-event.ts";

/** Numbers that are missing, both ends included. */
export interface Hole {
  readonly first: number;
  readonly last: number;
}

/** What a restart goes on from. */
export interface TrackState {
  /** The greatest number that came. */
  readonly last: number | null;
  /** What is missing below it. */
  readonly holes: readonly Hole[];
}

/** Holes that are kept; further ones are joined to the last. */
const MOST_HOLES = 1_000;

/**
 * Knows which trades of one instrument came, by the numbers that the exchange gives them without leaving any out: so each trade
 * is taken once, over all connections and restarts, and what is missing is known.
 */
export class TradeTrack {
  #last: number | null;
  #holes: Hole[];
  /** Numbers that a trade covers: fills of `trades` on OKX, one for all others. */
  readonly #span: (trade: Trade) => number;

  constructor(state: TrackState | undefined, span: (trade: Trade) => number = () => 1) {
    this.#last = state?.last ?? null;
    this.#holes = [...(state?.holes ?? [])];
    this.#span = span;
  }

  get last(): number | null {
    return this.#last;
  }

  get holes(): readonly Hole[] {
    return this.#holes;
  }

  get state(): TrackState {
    return { last: this.#last, holes: [...this.#holes] };
  }

  /** True where the trade is new. `holes` then has what is found to be missing before it. */
  take(trade: Trade): boolean {
    const last = trade.sequence;
    const first = last - this.#span(trade) + 1;
    if (this.#last === null) {
      this.#last = last;
      return true;
    }
    if (last <= this.#last) return this.#fill(first, last);
    if (first > this.#last + 1) this.#addHole({ first: this.#last + 1, last: first - 1 });
    this.#last = last;
    return true;
  }

  /** Something says that the trade `last` has happened: what is not there is missing. True where something is. */
  expect(last: number): boolean {
    if (this.#last === null || last <= this.#last) return false;
    this.#addHole({ first: this.#last + 1, last });
    this.#last = last;
    return true;
  }

  /** Gives up on what is missing within `hole`: it will not come any more. */
  close(hole: Hole): void {
    this.#cut(hole.first, hole.last);
  }

  /** True where the trade is one that was missing. */
  #fill(first: number, last: number): boolean {
    const missing = this.#holes.some((hole) => hole.first <= last && hole.last >= first);
    if (missing) this.#cut(first, last);
    return missing;
  }

  #cut(first: number, last: number): void {
    this.#holes = this.#holes.flatMap((hole) => {
      if (hole.last < first || hole.first > last) return [hole];
      const parts: Hole[] = [];
      if (hole.first < first) parts.push({ first: hole.first, last: first - 1 });
      if (hole.last > last) parts.push({ first: last + 1, last: hole.last });
      return parts;
    });
  }

  #addHole(hole: Hole): void {
    const previous = this.#holes.at(-1);
    if (this.#holes.length >= MOST_HOLES && previous !== undefined)
      this.#holes[this.#holes.length - 1] = { first: previous.first, last: hole.last };
    else this.#holes.push(hole);
  }
}
