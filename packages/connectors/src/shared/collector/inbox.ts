import type { Clock, Json, RejectedInput, Row } from "@millrace/core";
import type { Cut, CutStream } from "./spool.ts";

/** Milliseconds that rows are gathered, and rows that are not waited with. */
const GATHER_MS = 50;
const MOST_ROWS = 2_000;

/** Gathers what is received for a moment, so that it goes on in batches. */
export class Inbox {
  readonly #clock: Clock;
  readonly #cut: (cut: Omit<Cut, "number">) => void;
  readonly #streams = new Map<string, { rows: Row[]; rejected: RejectedInput[] }>();
  #positions: Record<string, Json> = {};
  #changed = false;
  #rows = 0;
  #receivedAt = 0;
  #due: number | undefined;

  constructor(clock: Clock, cut: (cut: Omit<Cut, "number">) => void) {
    this.#clock = clock;
    this.#cut = cut;
  }

  /** Milliseconds until what was gathered is due; undefined while there is nothing. */
  get dueMs(): number | undefined {
    return this.#due === undefined ? undefined : Math.max(0, this.#due - this.#clock.monotonic());
  }

  land(stream: string, rows: readonly Row[], receivedAt: number): void {
    this.#begin(receivedAt);
    const gathered = this.#of(stream).rows;
    for (const row of rows) gathered.push(row);
    this.#rows += rows.length;
    if (this.#rows >= MOST_ROWS) this.flush();
  }

  reject(stream: string, rejected: RejectedInput, receivedAt: number): void {
    this.#begin(receivedAt);
    this.#of(stream).rejected.push(rejected);
  }

  position(key: string, value: Json, receivedAt: number): void {
    this.#begin(receivedAt);
    this.#positions[key] = value;
    this.#changed = true;
  }

  /** What was gathered goes on now. */
  flush(): void {
    this.#due = undefined;
    if (this.#streams.size === 0 && !this.#changed) return;
    const streams: CutStream[] = [...this.#streams].map(([stream, gathered]) => ({ stream, ...gathered }));
    const cut = { receivedAt: this.#receivedAt, rows: this.#rows, streams, positions: this.#positions };
    this.#streams.clear();
    this.#positions = {};
    this.#changed = false;
    this.#rows = 0;
    this.#cut(cut);
  }

  #begin(receivedAt: number): void {
    if (this.#due !== undefined) return;
    this.#due = this.#clock.monotonic() + GATHER_MS;
    this.#receivedAt = receivedAt;
  }

  #of(stream: string): { rows: Row[]; rejected: RejectedInput[] } {
    let gathered = this.#streams.get(stream);
    if (gathered === undefined) {
      gathered = { rows: [], rejected: [] };
      this.#streams.set(stream, gathered);
    }
    return gathered;
  }
}
