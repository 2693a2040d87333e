import type { Sample, SampleBatch, Variable } from "../../shared/sampling/index.ts";
import { lastTick } from "../schedule/intervals.ts";
import type { WindowOptions } from "./window-options.ts";

/** What the samples of one variable in one window come to. */
export interface WindowSummary {
  readonly context: number;
  readonly variable: Variable;
  /** When the window begins, ms since 1970. */
  readonly time: number;
  readonly windowMs: number;
  /** Good and uncertain samples; those without a number are in no other figure but `last`. */
  readonly count: number;
  readonly bad: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Each value counts for as long as it lasted, also the one that the window began with. */
  readonly timeWeightedMean: number | null;
  readonly last: number | null;
}

interface Window {
  readonly context: number;
  readonly variable: Variable;
  readonly start: number;
  count: number;
  numbers: number;
  bad: number;
  min: number;
  max: number;
  sum: number;
  last: number | null;
  /** Value × ms so far, the ms that it covers, and since when the current value lasts. */
  area: number;
  covered: number;
  since: number;
  held: number | null;
}

/** Puts samples together per context, variable and window. */
export class Windows {
  readonly #options: WindowOptions;
  readonly #open = new Map<string, Window>();
  #late = 0;

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  /** Samples whose window was closed already. */
  get late(): number {
    return this.#late;
  }

  /** Takes samples, and returns the windows that they end. */
  add({ context, time, samples }: SampleBatch): readonly WindowSummary[] {
    const closed: WindowSummary[] = [];
    const start = lastTick(time, this.#options.windowMs);
    for (const sample of samples) {
      const key = `${context.id} ${sample.variable.id}`;
      let window = this.#open.get(key);
      if (window !== undefined && window.start > start) {
        this.#late += 1;
        continue;
      }
      if (window !== undefined && window.start < start) {
        if (window.count + window.bad > 0) closed.push(this.#summary(window));
        window = this.#next(window, start);
        this.#open.set(key, window);
      }
      if (window === undefined) {
        window = opened(context.id, sample.variable, start, null, time);
        this.#open.set(key, window);
      }
      take(window, sample, time);
    }
    return closed;
  }

  /** Ends the windows that were over, with the time for late samples, at `now`; all of them where it is left out. */
  close(now: number = Number.POSITIVE_INFINITY): readonly WindowSummary[] {
    const { windowMs, graceMs } = this.#options;
    const closed: WindowSummary[] = [];
    for (const [key, window] of this.#open) {
      if (window.start + windowMs + graceMs > now) continue;
      if (window.count + window.bad > 0) closed.push(this.#summary(window));
      if (now === Number.POSITIVE_INFINITY) this.#open.delete(key);
      else this.#open.set(key, this.#next(window, window.start + windowMs));
    }
    return closed;
  }

  /** The window at `start`, which begins with the value that the one before ended with. */
  #next(before: Window, start: number): Window {
    return opened(before.context, before.variable, start, before.held, start);
  }

  #summary(window: Window): WindowSummary {
    const { windowMs } = this.#options;
    hold(window, window.start + windowMs);
    const some = window.numbers > 0;
    return {
      context: window.context,
      variable: window.variable,
      time: window.start,
      windowMs,
      count: window.count,
      bad: window.bad,
      min: some ? window.min : null,
      max: some ? window.max : null,
      mean: some ? window.sum / window.numbers : null,
      timeWeightedMean: window.covered > 0 ? window.area / window.covered : null,
      last: window.last,
    };
  }
}

function opened(
  context: number,
  variable: Variable,
  start: number,
  held: number | null,
  since: number,
): Window {
  const none = { count: 0, numbers: 0, bad: 0, sum: 0, area: 0, covered: 0, last: null };
  return { context, variable, start, held, since, min: Infinity, max: -Infinity, ...none };
}

function take(window: Window, { value, quality }: Sample, time: number): void {
  hold(window, time);
  if (quality === "bad") {
    window.bad += 1;
    window.held = null;
    return;
  }
  window.count += 1;
  const number = toNumber(value);
  window.held = number;
  if (number === null) return;
  window.numbers += 1;
  window.sum += number;
  window.last = number;
  if (number < window.min) window.min = number;
  if (number > window.max) window.max = number;
}

/** The held value lasted until `time`. */
function hold(window: Window, time: number): void {
  if (window.held !== null && time > window.since) {
    window.area += window.held * (time - window.since);
    window.covered += time - window.since;
  }
  window.since = Math.max(window.since, time);
}

function toNumber(value: Sample["value"]): number | null {
  if (typeof value === "number") return Number.isNaN(value) ? null : value;
  if (typeof value === "bigint") return Number(value);
  return typeof value === "boolean" ? Number(value) : null;
}
