import type { Clock } from "@millrace/core";

/** How old an answer may be. */
const FRESH_MS = 2_000;
/** Different answers that are kept. */
const KEPT = 200;

interface Kept {
  readonly at: number;
  readonly answer: Promise<unknown>;
}

/**
 * Answers that are the same for everybody, found once for all who ask within two seconds. One that could not be found is
 * forgotten.
 */
export class Recent {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The answer of this key; `find` is only asked where there is none that is fresh. */
  get<T>(key: string, find: () => Promise<T>): Promise<T> {
    const now = this.#clock.now();
    const known = this.#kept.get(key);
    // Each key belongs to one kind of answer.
    if (known !== undefined && now - known.at < FRESH_MS && now >= known.at)
      return known.answer as Promise<T>;
    const answer = find();
    this.#kept.delete(key);
    this.#kept.set(key, { at: now, answer });
    answer.catch(() => {
      if (this.#kept.get(key)?.answer === answer) this.#kept.delete(key);
    });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    return answer;
  }
}
