import type { Clock } from "@millrace/core";
import { sanitized } from "./figures.ts";
import type { CollectorState, CollectorTransition } from "./state.ts";

/** Transitions that are kept. */
const KEPT = 50;

/** The state of a collector, and how it came to it. */
export class StateLog {
  state: CollectorState = "stopped";
  reason = "it was not started";
  since: number;
  /** Latest first. */
  transitions: readonly CollectorTransition[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.since = clock.now();
  }

  /** It is down, and stays so until somebody starts it. */
  get isDown(): boolean {
    return this.state === "stopped" || this.state === "failed";
  }

  /** Notes a new state; undefined where it is the same. */
  change(to: CollectorState, reason: string): CollectorTransition | undefined {
    const from = this.state;
    if (from === to) return undefined;
    const at = this.#clock.now();
    this.state = to;
    this.since = at;
    this.reason = reason;
    const transition = { at: new Date(at).toISOString(), from, to, reason: sanitized(reason) };
    this.transitions = [transition, ...this.transitions].slice(0, KEPT);
    return transition;
  }
}
