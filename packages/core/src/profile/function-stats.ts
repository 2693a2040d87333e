import { DurationHistogram } from "./duration-histogram.ts";
import type { FunctionCalls } from "./function-calls.ts";

/** Counts the calls of one function in one run. Its size does not grow with them. */
export class FunctionStats {
  readonly name: string;
  readonly #durations = new DurationHistogram();
  #calls = 0;
  #errors = 0;
  #totalMs = 0;
  #maxMs = 0;
  /** A call came since this was last set to false. */
  changed = false;

  constructor(name: string) {
    this.name = name;
  }

  /** @param ms how long the call took */
  done(ms: number): void {
    this.#calls++;
    this.#totalMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
    this.#durations.add(ms);
    this.changed = true;
  }

  /** The call threw or rejected. @param ms how long it took */
  failed(ms: number): void {
    this.#errors++;
    this.done(ms);
  }

  summary(): FunctionCalls {
    return {
      name: this.name,
      calls: this.#calls,
      errors: this.#errors,
      totalMs: this.#totalMs,
      meanMs: this.#calls === 0 ? 0 : this.#totalMs / this.#calls,
      p95Ms: Math.min(this.#maxMs, this.#durations.percentile(0.95)),
      maxMs: this.#maxMs,
    };
  }
}
