import { asMillraceError, type Clock, MillraceError, type Schedule, systemClock } from "@millrace/core";
import type { Fire } from "./fire.ts";
import { firesToStart } from "./fires-to-start.ts";
import { nextFire } from "./next-fire.ts";

/** A fire of one pipeline. */
export interface TimedFire extends Fire {
  readonly pipeline: string;
  /** True where it is made up for: it should have been started longer ago than `graceMs`. */
  readonly late: boolean;
}

/** What a timer works with. */
export interface ScheduleTimerOptions {
  /**
   * Gets what is to be started now, in order of time, at most 1,000 at once, one batch after another. Where it fails, all
   * of them come again after a second, later up to 30; so they do after clocks went back by more than a minute. What
   * counts is that a pipeline has one run per `dueMs`: the receiver must see to it.
   */
  deliver(fires: readonly TimedFire[]): Promise<void> | void;
  /** Told of what `deliver` threw, and of schedules that cannot be read. Default: nobody is. */
  onError?(error: unknown): void;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** How late a fire may be started as if it were in time, whatever the catch-up policy says. Default 10,000 ms. */
  readonly graceMs?: number;
  /** The longest that a jump of the machine's clock stays unnoticed, in milliseconds. Default 30,000. */
  readonly recheckMs?: number;
}

interface Entry {
  readonly pipeline: string;
  readonly schedule: Schedule;
  lastDueMs: number;
  next: Fire | undefined;
}

const BATCH = 1_000;
const CLOCK_WENT_BACK_MS = 60_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/** Sleeps until the next fire of many pipelines, and delivers what is due. */
export class ScheduleTimer {
  readonly #entries = new Map<string, Entry>();
  readonly #options: ScheduleTimerOptions;
  readonly #clock: Clock;
  #changed = new AbortController();
  #running = false;

  constructor(options: ScheduleTimerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Adds a pipeline, or gives it another schedule; nothing happens where it has that one and no `lastDueMs` is given.
   * A schedule that this version cannot read (they come from a database) never fires, and `onError` is told.
   * @param lastDueMs the last time that was due and has been seen to: what was due since is made up for by the
   * schedule's catch-up policy. Default: now.
   */
  set(pipeline: string, schedule: Schedule, lastDueMs?: number): void {
    const known = this.#entries.get(pipeline);
    if (lastDueMs === undefined && known !== undefined && same(known.schedule, schedule)) return;
    const last = lastDueMs ?? this.#clock.now();
    this.#entries.set(pipeline, {
      pipeline,
      schedule,
      lastDueMs: last,
      next: this.#firstOf(schedule, last, pipeline),
    });
    this.#changed.abort();
  }

  #firstOf(schedule: Schedule, lastDueMs: number, pipeline: string): Fire | undefined {
    try {
      return nextFire(schedule, lastDueMs, pipeline);
    } catch (error) {
      this.#options.onError?.(
        asMillraceError(error, "MLR_PIPELINE_INVALID", `The schedule of "${pipeline}"`),
      );
      return undefined;
    }
  }

  /** Forgets a pipeline; false if there was none of that name. */
  delete(pipeline: string): boolean {
    return this.#entries.delete(pipeline);
  }

  /** The next fire of each pipeline that has one, the earliest first. */
  upcoming(): { readonly pipeline: string; readonly fire: Fire }[] {
    return [...this.#entries.values()]
      .flatMap(({ pipeline, next }) => (next === undefined ? [] : [{ pipeline, fire: next }]))
      .toSorted((a, b) => a.fire.startMs - b.fire.startMs);
  }

  /** Delivers what falls due until the signal is aborted; a delivery that is under way then is ended first. Once at a time. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#running) throw new MillraceError("MLR_INTERNAL", "The timer is running already");
    this.#running = true;
    const wake = (): void => this.#changed.abort();
    signal.addEventListener("abort", wake, { once: true });
    try {
      for (let failures = 0; !signal.aborted;) {
        this.#changed = new AbortController();
        this.#noticeJumpBack();
        if (await this.#deliverDue()) failures = 0;
        else await this.#clock.sleep(retryAfter(failures++), signal);
        if (!signal.aborted) await this.#sleep();
      }
    } finally {
      signal.removeEventListener("abort", wake);
      this.#running = false;
    }
  }

  /** Without this, a pipeline that fired in a wrong future would stand still until that future comes. */
  #noticeJumpBack(): void {
    const now = this.#clock.now();
    for (const entry of this.#entries.values()) {
      if (entry.next !== undefined && entry.lastDueMs > now + CLOCK_WENT_BACK_MS) advance(entry, now);
    }
  }

  /** False where a delivery failed. */
  async #deliverDue(): Promise<boolean> {
    const { graceMs = 10_000 } = this.#options;
    const now = this.#clock.now();
    for (const batch of this.#batches(now)) {
      const fires = batch.flatMap(({ entry, fires: due }) =>
        due.map((fire) => ({ ...fire, pipeline: entry.pipeline, late: now - fire.startMs > graceMs })),
      );
      try {
        fires.sort((a, b) => a.startMs - b.startMs);
        for (let from = 0; from < fires.length; from += BATCH)
          await this.#options.deliver(fires.slice(from, from + BATCH));
      } catch (error) {
        this.#options.onError?.(error);
        return false;
      }
      for (const { entry, lastDueMs } of batch) advance(entry, lastDueMs);
    }
    return true;
  }

  /** What is due now, in parts that are delivered as wholes. */
  *#batches(now: number): Iterable<Due[]> {
    const { graceMs = 10_000 } = this.#options;
    let batch: Due[] = [];
    let size = 0;
    for (const entry of this.#entries.values()) {
      if (entry.next === undefined || entry.next.startMs > now) continue;
      const due = firesToStart({ ...entry, next: entry.next, now, graceMs });
      batch.push({ entry, ...due });
      size += due.fires.length;
      if (size < BATCH) continue;
      yield batch;
      batch = [];
      size = 0;
    }
    if (batch.length > 0) yield batch;
  }

  async #sleep(): Promise<void> {
    const { recheckMs = 30_000 } = this.#options;
    let next = Infinity;
    for (const entry of this.#entries.values()) next = Math.min(next, entry.next?.startMs ?? Infinity);
    const ms = Math.min(next - this.#clock.now(), recheckMs);
    if (ms > 0) await this.#clock.sleep(ms, this.#changed.signal);
  }
}

interface Due {
  readonly entry: Entry;
  readonly fires: readonly Fire[];
  readonly lastDueMs: number;
}

function advance(entry: Entry, lastDueMs: number): void {
  entry.lastDueMs = lastDueMs;
  entry.next = nextFire(entry.schedule, lastDueMs, entry.pipeline);
}

function retryAfter(failures: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);
}

function same(one: Schedule, other: Schedule): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
