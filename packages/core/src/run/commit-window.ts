import type { Clock } from "../clock.ts";
import type { CommitLimits } from "../pipeline.ts";
import type { Row } from "../row.ts";

/** Measures what has come since the last commit against the limits. */
export class CommitWindow {
  readonly #limits: CommitLimits;
  readonly #clock: Clock;
  #rows = 0;
  #bytes = 0;
  #since: number | undefined;

  constructor(limits: CommitLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  add(rows: readonly Row[]): void {
    this.#rows += rows.length;
    this.#bytes += estimateBytes(rows);
    this.touch();
  }

  /** Rows whose size is known. */
  addSized(rows: number, bytes: number): void {
    this.#rows += rows;
    this.#bytes += bytes;
    this.touch();
  }

  /** Something other than rows has to be committed: the time runs from now, if it was not running. */
  touch(): void {
    this.#since ??= this.#clock.monotonic();
  }

  get full(): boolean {
    return this.#rows >= this.#limits.rows || this.#bytes >= this.#limits.bytes || this.dueInMs === 0;
  }

  /** Milliseconds until the time limit; undefined while there is nothing to commit. */
  get dueInMs(): number | undefined {
    if (this.#since === undefined) return undefined;
    return Math.max(0, this.#since + this.#limits.seconds * 1_000 - this.#clock.monotonic());
  }

  reset(): void {
    this.#rows = 0;
    this.#bytes = 0;
    this.#since = undefined;
  }
}

/** Rows of a batch are alike, so a few of them tell the size of all. */
export function estimateBytes(rows: readonly Row[]): number {
  const step = Math.max(1, Math.floor(rows.length / 4));
  let bytes = 0;
  let looked = 0;
  for (let i = 0; i < rows.length; i += step) {
    const row = rows[i];
    if (row === undefined) continue;
    looked++;
    for (const key in row) bytes += valueBytes(row[key], 0);
  }
  return looked === 0 ? 0 : Math.ceil((bytes / looked) * rows.length);
}

function valueBytes(value: unknown, depth: number): number {
  if (typeof value === "string") return value.length + 8;
  if (typeof value !== "object" || value === null) return 8;
  if (value instanceof Uint8Array) return value.byteLength + 8;
  if (depth > 4) return 64;
  let bytes = 8;
  for (const each of Object.values(value)) bytes += valueBytes(each, depth + 1);
  return bytes;
}
