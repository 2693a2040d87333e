import { round } from "./rate.ts";

/** Values that are kept of each half minute. */
const KEEP = 512;
const HALF_MS = 30_000;

/** Percentiles of the last minute, or half of it, from a sample of fixed size. */
export class Lag {
  #seen = 0;
  #now: number[] = [];
  #before: number[] = [];
  #since = 0;

  add(value: number): void {
    this.#seen++;
    if (this.#now.length < KEEP) this.#now.push(value);
    else {
      // Each value has the same chance to be in the sample.
      const place = Math.floor(Math.random() * this.#seen);
      if (place < KEEP) this.#now[place] = value;
    }
  }

  /** To be called now and then. @param now monotonic, in ms */
  tick(now: number): void {
    if (now - this.#since < HALF_MS) return;
    this.#since = now;
    this.#before = this.#now;
    this.#now = [];
    this.#seen = 0;
  }

  get summary(): { p50: number; p99: number; max: number } | null {
    const all = [...this.#before, ...this.#now].toSorted((a, b) => a - b);
    if (all.length === 0) return null;
    const at = (share: number): number =>
      round(all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? 0);
    return { p50: at(0.5), p99: at(0.99), max: round(all.at(-1) ?? 0) };
  }
}
