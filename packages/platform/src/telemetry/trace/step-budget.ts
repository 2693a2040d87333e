/** Steps that are spans of their own at once, and then each second. */
const BURST = 200;
const PER_SECOND = 5;

/** Steps that were not told one by one. */
export interface Merged {
  count: number;
  durationMs: number;
  rows: number;
  /** When the first began, and the last ended, in ms since 1970. */
  startMs: number;
  endMs: number;
}

/**
 * Decides which steps of a name become spans: the first ones all, then some each second. A run of a million batches would
 * otherwise be a million spans. What is left out is added up, so that nothing is missing in the sums.
 */
export class StepBudget {
  readonly #now: () => number;
  #tokens = BURST;
  #refilled: number;
  #merged: Merged | undefined;

  /** @param now milliseconds that never jump */
  constructor(now: () => number) {
    this.#now = now;
    this.#refilled = now();
  }

  /** True where the step that begins now is to be a span. */
  take(): boolean {
    const now = this.#now();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#refilled) / 1_000) * PER_SECOND);
    this.#refilled = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** A step that was taken turned out to be none. */
  giveBack(): void {
    this.#tokens = Math.min(BURST, this.#tokens + 1);
  }

  merge(startMs: number, endMs: number, rows: number): void {
    this.#merged ??= { count: 0, durationMs: 0, rows: 0, startMs, endMs };
    this.#merged.count++;
    this.#merged.durationMs += endMs - startMs;
    this.#merged.rows += rows;
    this.#merged.endMs = endMs;
  }

  /** What was left out since this was last asked. */
  takeMerged(): Merged | undefined {
    const merged = this.#merged;
    this.#merged = undefined;
    return merged;
  }
}
