import type { RunEvent } from "@millrace/core";

/** How far one run is, as its events tell. */
export class ProgressState {
  rows = 0;
  bytes: number | undefined;
  totalBytes: number | undefined;
  totalRows: number | undefined;
  /** Milliseconds that the source waited for limits of rate. */
  throttledMs = 0;
  /** Set while the run waits before trying again. */
  waiting: { readonly untilMs: number; readonly message: string } | undefined;
  readonly #now: () => number;
  readonly #startedMs: number;
  /** Recent (time, rows), oldest first: the rate is taken over them. */
  #samples: { ms: number; rows: number }[] = [];

  /** @param now milliseconds that never jump; the machine's by default. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#startedMs = now();
  }

  /** Takes in an event of the run. */
  observe(event: RunEvent): void {
    if (event.type === "progress") {
      // A new attempt counts from the last commit again.
      if (event.rows < this.rows) this.#samples = [];
      this.rows = event.rows;
      this.bytes = event.bytes ?? this.bytes;
      this.totalBytes = event.totalBytes ?? this.totalBytes;
      this.totalRows = event.totalRows ?? this.totalRows;
      this.throttledMs = event.throttledMs ?? this.throttledMs;
      this.waiting = undefined;
    } else if (event.type === "retrying") {
      this.waiting = { untilMs: this.#now() + event.delayMs, message: event.error.message };
    }
  }

  get elapsedMs(): number {
    return this.#now() - this.#startedMs;
  }

  /** Milliseconds until the next attempt; 0 when not waiting. */
  get waitingMs(): number {
    return this.waiting === undefined ? 0 : Math.max(0, this.waiting.untilMs - this.#now());
  }

  /** Rows per second over the last five seconds or so. */
  get rate(): number {
    const ms = this.#now();
    const last = this.#samples.at(-1);
    if (last === undefined || ms - last.ms >= 200) this.#samples.push({ ms, rows: this.rows });
    while (this.#samples.length > 2 && ms - (this.#samples[1]?.ms ?? ms) > 5000) this.#samples.shift();
    const first = this.#samples[0] ?? { ms, rows: this.rows };
    const seconds = (ms - first.ms) / 1000;
    if (seconds >= 0.2) return (this.rows - first.rows) / seconds;
    return this.elapsedMs < 50 ? 0 : (this.rows / this.elapsedMs) * 1000;
  }

  /** Between 0 and 1, where a total is known. */
  get share(): number | undefined {
    if (this.totalRows !== undefined && this.totalRows > 0) return Math.min(1, this.rows / this.totalRows);
    if (this.bytes === undefined || this.totalBytes === undefined || this.totalBytes <= 0) return undefined;
    return Math.min(1, this.bytes / this.totalBytes);
  }

  /** Milliseconds that are probably left, where a total is known and enough was seen to tell. */
  get remainingMs(): number | undefined {
    const share = this.share;
    if (share === undefined || share < 0.01 || this.elapsedMs < 1000) return undefined;
    return (this.elapsedMs * (1 - share)) / share;
  }
}
