import { setImmediate as afterEvents } from "node:timers/promises";
import type { Clock } from "../clock.ts";

/** A clock that stands still until the test moves it. */
export interface ManualClock extends Clock {
  /** Moves on by `ms`, ending the sleeps that fall due in their order and letting what waited for them run. */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock forward or back by `ms`, as an administrator or a suspended machine does: sleeps go on. */
  jump(ms: number): void;
  /** How many sleeps are going on. */
  readonly sleeping: number;
  /** Resolves once somebody sleeps. */
  slept(): Promise<void>;
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** @param startMs what `now` says at first, in ms since 1970. Default 2026-01-01T00:00:00Z. */
export function manualClock(startMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  let elapsed = 0;
  let jumped = 0;
  const sleepers = new Set<Sleeper>();
  let asleep = Promise.withResolvers<void>();

  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = (): void => {
        sleepers.delete(sleeper);
        signal?.removeEventListener("abort", done);
        if (sleepers.size === 0) asleep = Promise.withResolvers<void>();
        resolve();
      };
      const sleeper: Sleeper = { due: elapsed + ms, wake: done };
      sleepers.add(sleeper);
      signal?.addEventListener("abort", done, { once: true });
      asleep.resolve();
    });
  const advance = async (ms: number): Promise<void> => {
    const end = elapsed + ms;
    for (let next = earliest(sleepers, end); next !== undefined; next = earliest(sleepers, end)) {
      elapsed = Math.max(elapsed, next.due);
      next.wake();
      await afterEvents();
    }
    elapsed = end;
    await afterEvents();
  };
  return {
    now: () => startMs + elapsed + jumped,
    monotonic: () => elapsed,
    sleep,
    advance,
    jump: (ms) => {
      jumped += ms;
    },
    slept: () => asleep.promise,
    get sleeping() {
      return sleepers.size;
    },
  };
}

function earliest(sleepers: ReadonlySet<Sleeper>, end: number): Sleeper | undefined {
  return [...sleepers].filter((sleeper) => sleeper.due <= end).toSorted((a, b) => a.due - b.due)[0];
}
