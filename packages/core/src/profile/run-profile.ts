import { type Clock, systemClock } from "../clock.ts";
import type { FunctionCalls } from "./function-calls.ts";
import { nameOf } from "./function-names.ts";
import { FunctionStats } from "./function-stats.ts";

/** How often what was counted is told. */
const TELL_MS = 5_000;

/** The calls of watched functions in one run, told every few seconds and at its end. */
export class RunProfile {
  /** The time from which durations are taken, in milliseconds. */
  readonly now: () => number;
  readonly #clock: Clock;
  readonly #tell: (calls: readonly FunctionCalls[]) => void;
  readonly #stats: (FunctionStats | undefined)[] = [];
  readonly #over = new AbortController();
  #telling = false;

  /** @param tell is given the functions that were called since it was last told, with all their calls in the run */
  constructor(clock: Clock, tell: (calls: readonly FunctionCalls[]) => void) {
    this.#clock = clock;
    this.#tell = tell;
    // Asked twice for each call: the shortest way to the same.
    this.now = clock === systemClock ? performance.now.bind(performance) : () => clock.monotonic();
  }

  /** False once the run has ended: what its code left behind belongs to no run. */
  get open(): boolean {
    return !this.#over.signal.aborted;
  }

  /** The counts of the function with this number. */
  of(number: number): FunctionStats {
    return this.#stats[number] ?? this.#begin(number);
  }

  /** Tells what is left. Idempotent. */
  close(): void {
    if (!this.open) return;
    this.#over.abort();
    this.#tellChanges();
  }

  #begin(number: number): FunctionStats {
    const stats = new FunctionStats(nameOf(number));
    this.#stats[number] = stats;
    if (!this.#telling) void this.#tellRegularly();
    return stats;
  }

  async #tellRegularly(): Promise<void> {
    this.#telling = true;
    while (this.open) {
      await this.#clock.sleep(TELL_MS, this.#over.signal);
      if (this.open) this.#tellChanges();
    }
  }

  #tellChanges(): void {
    const changed = this.#stats.filter((stats) => stats?.changed === true) as FunctionStats[];
    if (changed.length === 0) return;
    for (const stats of changed) stats.changed = false;
    this.#tell(changed.map((stats) => stats.summary()));
  }
}
