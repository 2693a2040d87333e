import { asMillraceError, type Clock, type MillraceError } from "@millrace/core";
import type { Reading, Sample, SamplingReader, Variable } from "../../shared/sampling/index.ts";
import { Spread } from "./spread.ts";
import type { TaskWant } from "./task-want.ts";
import { ReadingTimeout, TimedReads } from "./timed-reads.ts";
import { badSample, toSample } from "./to-sample.ts";
import type { VariableState } from "./variable-state.ts";

/** What a reading task works with. */
export interface ReadingTaskOptions {
  readonly reader: SamplingReader;
  readonly connection: string;
  readonly clock: Clock;
  /** After this many ms a reading is given up: its variables are bad, code `timeout`. */
  readonly timeoutMs: number;
  /** Opens the reader, once. */
  readonly open: () => Promise<void>;
  readonly onError: (error: MillraceError) => void;
}

/** What is read in one go. */
interface Cycle {
  readonly states: readonly VariableState[];
  readonly variables: readonly Variable[];
}

/** Lists for several wants at once are kept up to this many; schedules repeat after few combinations. */
const KEPT_UNIONS = 64;

/**
 * Reads for all wants of one reader and connection, one reading at a time. What falls due meanwhile waits, at most one tick per
 * want: an older one that was not begun is skipped, so that nothing piles up.
 */
export class ReadingTask {
  readonly #o: ReadingTaskOptions;
  readonly #duration = new Spread();
  readonly #unions = new Map<string, Cycle>();
  readonly #numbers = new WeakMap<TaskWant, number>();
  readonly #closing = new AbortController();
  readonly #reads: TimedReads;
  #pending = new Map<TaskWant, number>();
  #working: Promise<void> | undefined;
  #waiters: (() => void)[] = [];
  #cycles = 0;
  #marks = 0;
  #wants = 0;
  #readings = 0;
  #values = 0;
  #late = 0;
  #skipped = 0;
  #failures = 0;

  constructor(options: ReadingTaskOptions) {
    this.#o = options;
    this.#reads = new TimedReads({ ...options, closing: this.#closing.signal });
  }

  /** Takes note of a tick and reads as soon as the connection is free. */
  due(want: TaskWant, tick: number, skipped: number): void {
    const missed = skipped + (this.#pending.has(want) ? 1 : 0);
    if (missed > 0) {
      this.#skipped += missed;
      want.skipped(missed);
    }
    if (this.#working !== undefined) this.#late += 1;
    this.#pending.set(want, tick);
    this.#working ??= this.#work();
  }

  /** Resolves when what is due now has been read and delivered. */
  async settled(): Promise<void> {
    const waiting = new Set(this.#pending.keys());
    const before = this.#cycles;
    while (this.#working !== undefined && this.#cycles < before + (waiting.size > 0 ? 2 : 1)) {
      await this.#nextCycle();
    }
  }

  status(): {
    readonly reads: number;
    readonly values: number;
    readonly late: number;
    readonly skipped: number;
    readonly failures: number;
    readonly durationMs: { readonly p50: number; readonly p99: number; readonly max: number };
  } {
    return {
      reads: this.#readings,
      values: this.#values,
      late: this.#late,
      skipped: this.#skipped,
      failures: this.#failures,
      durationMs: this.#duration.summary(),
    };
  }

  /** Gives up what is being read. */
  async close(): Promise<void> {
    this.#pending.clear();
    this.#closing.abort();
    await this.#working;
  }

  #nextCycle(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  async #work(): Promise<void> {
    // Ticks that fall due at the same moment are told one after another: they are read together.
    await Promise.resolve();
    while (this.#pending.size > 0 && !this.#closing.signal.aborted) {
      const due = this.#pending;
      this.#pending = new Map();
      await this.#cycle(due);
      this.#cycles += 1;
      this.#wakeWaiters();
    }
    this.#working = undefined;
    this.#wakeWaiters();
  }

  #wakeWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  async #cycle(due: ReadonlyMap<TaskWant, number>): Promise<void> {
    const tick = Math.max(...due.values());
    const all = this.#listFor([...due.keys()]);
    const list = this.#withoutShared(all, due, tick);
    const fresh = list.states.length === 0 ? [] : await this.#read(list, tick);
    if (this.#closing.signal.aborted) return;
    for (const [want, at] of due) {
      if (want.deliver === undefined) continue;
      want.deliver(at, want.states === list.states ? fresh : want.states.map(lastOf));
    }
  }

  /** Every variable once. */
  #listFor(wants: readonly TaskWant[]): Cycle {
    const [first] = wants;
    if (first !== undefined && wants.length === 1) return first;
    const key = wants
      .map((want) => this.#numberOf(want))
      .toSorted((a, b) => a - b)
      .join();
    const known = this.#unions.get(key);
    if (known !== undefined) return known;
    const states = [...new Set(wants.flatMap((want) => want.states))];
    // Where one of them wants all, its own list is the one that readers know already.
    const whole = wants.find((want) => want.states.length === states.length);
    const union = whole ?? { states, variables: states.map(({ variable }) => variable) };
    if (this.#unions.size >= KEPT_UNIONS) this.#unions.clear();
    this.#unions.set(key, union);
    return union;
  }

  #numberOf(want: TaskWant): number {
    const known = this.#numbers.get(want);
    if (known !== undefined) return known;
    this.#wants += 1;
    this.#numbers.set(want, this.#wants);
    return this.#wants;
  }

  /** Leaves out what was read so shortly before that every want takes the reading of then. */
  #withoutShared(list: Cycle, due: ReadonlyMap<TaskWant, number>, tick: number): Cycle {
    const wants = [...due.keys()];
    if (wants.every(({ minIntervalMs }) => minIntervalMs === 0)) return list;
    this.#marks += 1;
    for (const { states, minIntervalMs } of wants)
      for (const state of states) {
        const shares = state.last !== undefined && tick - state.tick < minIntervalMs;
        if (!shares) state.cycle = this.#marks;
      }
    const states = list.states.filter((state) => state.cycle === this.#marks);
    if (states.length === list.states.length) return list;
    return { states, variables: states.map(({ variable }) => variable) };
  }

  /** Readings of all of them, bad ones where it fails. */
  async #read({ states, variables }: Cycle, tick: number): Promise<readonly Sample[]> {
    const { clock } = this.#o;
    const wall = clock.now();
    const begun = clock.monotonic();
    const samples = await this.#samples(variables, wall, begun);
    this.#readings += 1;
    this.#values += samples.length;
    this.#duration.add(clock.monotonic() - begun);
    for (const [index, state] of states.entries()) {
      state.tick = tick;
      state.last = samples[index];
      state.reads += 1;
    }
    return samples;
  }

  async #samples(variables: readonly Variable[], wall: number, begun: number): Promise<readonly Sample[]> {
    const { reader, clock, onError, open } = this.#o;
    try {
      await open();
      const readings = await this.#reads.read(variables);
      if (readings.length !== variables.length) {
        throw new Error(
          `it returned ${readings.length} readings for ${variables.length} variables: one for each is needed`,
        );
      }
      const middle = wall + (clock.monotonic() - begun) / 2;
      return variables.map((variable, index) => toSample(variable, readings[index] as Reading, middle));
    } catch (cause) {
      this.#failures += 1;
      const error = asMillraceError(cause, "MLR_SOURCE_FAILED", `reader "${reader.name}"`);
      if (!this.#closing.signal.aborted) onError(error);
      const code = cause instanceof ReadingTimeout ? "timeout" : "reader-failed";
      const middle = wall + (clock.monotonic() - begun) / 2;
      return variables.map((variable) => badSample(variable, code, middle));
    }
  }
}

function lastOf(state: VariableState): Sample {
  return state.last as Sample;
}
