import type { Json } from "@millrace/core";
import type { Following, PageView, Paginator } from "../paginate/paginator.ts";
import type { ChainState } from "./state.ts";

/** Where the server says that there is more, this many empty pages are believed. */
const SERVED_EMPTY_PAGES = 10;
/** Cursors that are remembered one by one; beyond, circles are still found, only later. */
const MOST_CURSORS = 50_000;

/** What is done behind a page. */
export type Step = Following & {
  /** The page is the one before again: its rows are not news. */
  readonly repeated?: true;
  /** There is more, and the next run may go on with it. */
  readonly later?: { readonly state: Json };
};

/** What limits a chain of pages. */
export interface StopLimits {
  readonly maxPages?: number | undefined;
  readonly maxEmptyPages?: number | undefined;
}

/** Ends chains of pages that would never end, and says why. One for each chain. */
export class StopRules {
  readonly #paginator: Paginator;
  readonly #limits: StopLimits;
  readonly #cursors = new Set<string>();
  #marker: string | undefined;
  #markerAt = 1;
  #count = 0;
  #page: string | undefined;

  constructor(paginator: Paginator, limits: StopLimits) {
    this.#paginator = paginator;
    this.#limits = limits;
  }

  /** Decides what follows a page; counts it in `state`. */
  decide(view: PageView, firstRow: unknown, { at, state }: { at: Json; state: ChainState }): Step {
    state.pages++;
    state.empty = view.rowCount === 0 ? (state.empty ?? 0) + 1 : 0;
    if (this.#isSamePage(view, firstRow)) {
      return {
        end: true,
        repeated: true,
        doubt: `page ${state.pages} is the one before again: the server seems to ignore the parameter of ${this.#paginator.kind}`,
      };
    }
    const following = this.#paginator.after(view, at);
    if (!("state" in following)) return following;
    return (
      this.#stopsEmpty(state) ??
      this.#stopsInCircle(at, following.state) ??
      this.#stopsAfter(state, following.state)
    );
  }

  #stopsEmpty(state: ChainState): Step | undefined {
    const { served } = this.#paginator;
    const most = this.#limits.maxEmptyPages ?? (served ? SERVED_EMPTY_PAGES : 1);
    if ((state.empty ?? 0) < most) return undefined;
    if (!served) return { end: true };
    return { end: true, doubt: `${most} empty pages in a row, though the server says that there are more` };
  }

  #stopsInCircle(at: Json, next: Json): Step | undefined {
    const text = typeof next === "string" ? next : JSON.stringify(next);
    const known =
      text === (typeof at === "string" ? at : JSON.stringify(at)) ||
      this.#cursors.has(text) ||
      text === this.#marker;
    if (known)
      return {
        end: true,
        doubt: `the server leads back to a page that was read already, ${shortened(text)}`,
      };
    if (this.#cursors.size < MOST_CURSORS) this.#cursors.add(text);
    // Brent's way of finding circles: one place is kept, twice as far each time.
    if (++this.#count === this.#markerAt) {
      this.#marker = text;
      this.#markerAt *= 2;
    }
    return undefined;
  }

  #stopsAfter(state: ChainState, next: Json): Step {
    const { maxPages } = this.#limits;
    if (maxPages === undefined || state.pages < maxPages) return { state: next };
    return { end: true, doubt: `reading ends after ${maxPages} pages (maxPages)`, later: { state: next } };
  }

  /** Where pages are counted here, a server that does not know the parameter gives the first one for ever. */
  #isSamePage({ rowCount, lastRow }: PageView, firstRow: unknown): boolean {
    if (this.#paginator.served || this.#paginator.likely === undefined) return false;
    const page = JSON.stringify([rowCount, firstRow, lastRow], (_, value: unknown) =>
      typeof value === "bigint" ? `${value}n` : value,
    );
    const same = rowCount > 0 && page === this.#page;
    this.#page = page;
    return same;
  }
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
