import type { Grid } from "./grid.ts";
import { lastTick, ticksBetween } from "./intervals.ts";

/** Something that is due at each multiple of its interval, from when it is added until it is removed. */
export interface Want {
  readonly intervalMs: number;
  /** The last tick that it is due at, if there is a last one. */
  readonly until?: number;
  /** @param skipped how many of its ticks before this one went by because nobody was awake. */
  due(tick: number, skipped: number): void;
}

/** Sleeps at most this long, so that a timer never overflows. */
const LONGEST_SLEEP_MS = 3_600_000;

/**
 * One timer for all wants: it sleeps until the next of them is due. Ticks are multiples of the interval on the grid, so they do
 * not drift, and adding or removing a want moves none of the others. Where the process was late by several ticks of a want, the
 * last of them is served and the others are told as skipped.
 */
export class Scheduler {
  readonly #grid: Grid;
  readonly #onTick: (lateMs: number) => void;
  /** Want → the last tick that it was served, or would have been. */
  readonly #served = new Map<Want, number>();
  /** Time → what is to happen then, once. */
  readonly #alarms = new Map<() => void, number>();
  #closed = false;
  #sleeping = false;
  #wake = new AbortController();
  #running: Promise<void> | undefined;

  /** @param onTick is told how late each wake-up was for the tick it was meant for. */
  constructor(grid: Grid, onTick: (lateMs: number) => void) {
    this.#grid = grid;
    this.#onTick = onTick;
  }

  /** From the first tick after now on. */
  add(wants: readonly Want[]): void {
    this.serve();
    const now = this.#grid.now();
    for (const want of wants) this.#served.set(want, lastTick(now, want.intervalMs));
    this.#changed();
  }

  /** Ticks up to now are still served. */
  remove(wants: readonly Want[]): void {
    this.serve();
    for (const want of wants) this.#served.delete(want);
    this.#changed();
  }

  /** Calls `act` once at `time`, after the wants that are due then. Returns what takes it back. */
  at(time: number, act: () => void): () => void {
    this.#alarms.set(act, time);
    this.#changed();
    return () => this.#alarms.delete(act);
  }

  /** Serves what is due by now. */
  serve(): void {
    const now = this.#grid.now();
    let earliest = Number.POSITIVE_INFINITY;
    for (const [want, served] of this.#served) {
      const tick = lastTick(Math.min(now, want.until ?? now), want.intervalMs);
      if (tick <= served) continue;
      this.#served.set(want, tick);
      earliest = Math.min(earliest, tick);
      want.due(tick, ticksBetween(served, tick, want.intervalMs) - 1);
    }
    if (earliest < Number.POSITIVE_INFINITY) this.#onTick(now - earliest);
    for (const [act, time] of this.#alarms) {
      if (time > now) continue;
      this.#alarms.delete(act);
      act();
    }
  }

  /** Resolves when its timer is gone. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#served.clear();
    this.#alarms.clear();
    this.#wake.abort();
    await this.#running;
  }

  #changed(): void {
    this.#wake.abort();
    if (this.#closed || this.#sleeping) return;
    this.#sleeping = true;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    for (let next = this.#next(); next !== undefined && !this.#closed; next = this.#next()) {
      this.#wake = new AbortController();
      await this.#grid.sleepUntil(Math.min(next, this.#grid.now() + LONGEST_SLEEP_MS), this.#wake.signal);
      if (!this.#closed) this.serve();
    }
    this.#sleeping = false;
  }

  #next(): number | undefined {
    let next = Number.POSITIVE_INFINITY;
    for (const [want, served] of this.#served) {
      const tick = served + want.intervalMs;
      if (want.until === undefined || tick <= want.until) next = Math.min(next, tick);
    }
    for (const time of this.#alarms.values()) next = Math.min(next, time);
    return Number.isFinite(next) ? next : undefined;
  }
}
