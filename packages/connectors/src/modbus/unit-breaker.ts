import type { Clock } from "@millrace/core";

const OPEN_AFTER = 2;
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** Keeps a unit that does not answer from costing a timeout with every request: it is tried again now and then, by one. */
export class UnitBreaker {
  readonly #clock: Clock;
  readonly #units = new Map<number, { timeouts: number; notBefore: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Units that are not asked at present. */
  get open(): number {
    return [...this.#units.values()].filter(({ timeouts }) => timeouts >= OPEN_AFTER).length;
  }

  /** Whether the unit may be asked now. Where it is tried again, the next one may not until that is known. */
  mayAsk(unit: number): boolean {
    const state = this.#units.get(unit);
    if (state === undefined || state.timeouts < OPEN_AFTER) return true;
    const now = this.#clock.monotonic();
    if (now < state.notBefore) return false;
    state.notBefore = now + LONGEST_MS;
    return true;
  }

  answered(unit: number): void {
    this.#units.delete(unit);
  }

  timedOut(unit: number): void {
    const state = this.#units.get(unit) ?? { timeouts: 0, notBefore: 0 };
    state.timeouts += 1;
    const delay = Math.min(FIRST_MS * 2 ** (state.timeouts - OPEN_AFTER), LONGEST_MS);
    state.notBefore = this.#clock.monotonic() + delay;
    this.#units.set(unit, state);
  }
}
