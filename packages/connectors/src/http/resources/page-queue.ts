import type { Json } from "@millrace/core";
import type { Paginator } from "../paginate/paginator.ts";
import type { Fetched } from "./fetch-page.ts";

/** What a queue of pages works with. */
export interface PageQueueParts {
  readonly paginator: Paginator;
  /** Whether pages may be asked for before their turn. */
  readonly ahead: boolean;
  fetch(at: Json, first: boolean): Promise<Fetched>;
}

/** Pages in their order, asked for ahead of their turn where it is known what follows. */
export class PageQueue {
  readonly #parts: PageQueueParts;
  #asked: { readonly key: string; readonly at: Json; readonly page: Promise<Fetched> }[] = [];
  #first = true;

  constructor(parts: PageQueueParts) {
    this.#parts = parts;
  }

  /** The page at a place. */
  take(at: Json): Promise<Fetched> {
    this.#ask(at);
    const next = this.#asked.shift();
    return next === undefined ? this.#parts.fetch(at, false) : next.page;
  }

  /** The page at this place comes next: it is asked for now. */
  expect(at: Json): void {
    if (this.#parts.ahead) this.#ask(at);
  }

  /** Forgets what was asked for ahead; the answers are not wanted. */
  drop(): void {
    this.#asked = [];
  }

  #ask(at: Json): void {
    const key = keyOf(at);
    if (this.#asked[0]?.key !== key) {
      this.drop();
      this.#push(at, key);
    }
    const { ahead = 1, likely } = this.#parts.paginator;
    if (!this.#parts.ahead || likely === undefined) return;
    while (this.#asked.length < ahead) {
      const last = this.#asked.at(-1)?.at ?? at;
      const next = likely(last);
      this.#push(next, keyOf(next));
    }
  }

  #push(at: Json, key: string): void {
    const page = this.#parts.fetch(at, this.#first);
    this.#first = false;
    // Whoever takes it hears of its failure; until then it must not count as unhandled.
    page.catch(() => undefined);
    this.#asked.push({ key, at, page });
  }
}

function keyOf(at: Json): string {
  return typeof at === "string" ? at : JSON.stringify(at);
}
