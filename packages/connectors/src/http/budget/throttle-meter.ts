import type { Clock, ReadContext } from "@millrace/core";
import { formatMs } from "../../shared/http/duration.ts";

/** Shorter waits are not worth a line in the log. */
const WORTH_TELLING_MS = 1_000;

/** Adds up the time in which requests had to wait for a limit; time in which several wait counts once. */
export class ThrottleMeter {
  readonly #clock: Clock;
  readonly #log: ReadContext["log"];
  readonly #tell: (throttledMs: number) => void;
  #waiting = 0;
  #since = 0;
  #totalMs = 0;
  #announcedUntil = 0;
  #waits = 0;

  /** @param tell is told the total, with what is about to be waited, whenever it grows */
  constructor(clock: Clock, log: ReadContext["log"], tell: (throttledMs: number) => void) {
    this.#clock = clock;
    this.#log = log;
    this.#tell = tell;
  }

  /** Milliseconds in all so far. */
  get totalMs(): number {
    return this.#totalMs + (this.#waiting > 0 ? this.#clock.monotonic() - this.#since : 0);
  }

  /** Waits `ms` for a limit. */
  async wait(ms: number, why: string, signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    if (this.#waiting++ === 0) this.#since = now;
    this.#announce(now, ms, why);
    try {
      await this.#clock.sleep(ms, signal);
    } finally {
      const end = this.#clock.monotonic();
      if (--this.#waiting === 0) this.#totalMs += end - this.#since;
      this.#tell(this.totalMs);
    }
  }

  /** Says at the end how long it was; nothing where it was short. */
  summarize(): void {
    if (this.totalMs < WORTH_TELLING_MS) return;
    const times = this.#waits === 1 ? "once" : `${this.#waits} times`;
    this.#log("info", `throttled ${formatMs(this.totalMs)} in all, ${times}`, {
      throttledMs: Math.round(this.totalMs),
      waits: this.#waits,
    });
  }

  /** Of several requests that wait for the same limit only the first says so. */
  #announce(now: number, ms: number, why: string): void {
    this.#tell(this.totalMs + ms);
    if (ms < WORTH_TELLING_MS || now + ms <= this.#announcedUntil + WORTH_TELLING_MS) return;
    this.#announcedUntil = now + ms;
    this.#waits++;
    this.#log("info", `throttled ${formatMs(ms)}: ${why}`, { waitMs: Math.round(ms) });
  }
}
