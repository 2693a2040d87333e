import { deserialize, serialize } from "node:v8";
import type { Clock, Json, RejectedInput, Row } from "@millrace/core";
import { Journal } from "../journal/journal.ts";

/** What was received in a short time, to be landed together. */
export interface Cut {
  readonly number: number;
  /** When the first of it was received, in ms since 1970. */
  readonly receivedAt: number;
  readonly rows: number;
  readonly streams: readonly CutStream[];
  /** Positions that changed. */
  readonly positions: Readonly<Record<string, Json>>;
}

/** The rows of one stream in a cut. */
export interface CutStream {
  readonly stream: string;
  readonly rows: readonly Row[];
  readonly rejected: readonly RejectedInput[];
}

/** How much waits, and where. */
export interface SpoolOptions {
  readonly clock: Clock;
  readonly memoryRows: number;
  readonly directory: string;
  readonly maxBytes: number;
  readonly whenFull: "pause" | "drop-oldest";
  /** There is room again where there was none. */
  readonly onRoom: () => void;
  /** The oldest were dropped. */
  readonly onDropped: (rows: number, positions: Readonly<Record<string, Json>>) => void;
  /** The journal cannot be written or read. */
  readonly onError: (error: unknown) => void;
}

/** Milliseconds that cuts may wait in memory for a commit while nobody takes them; then they go to the disk. */
const AWAY_MS = 2_000;
/** Cuts that may wait in memory, however few rows they have. */
const CUTS = 10_000;

/**
 * Holds what was received until it is committed: in memory while the destination keeps up, on disk when it does not or is
 * away. It hands cuts out in their order, and again from the last committed one when a reading begins anew.
 */
export class Spool {
  readonly #o: SpoolOptions;
  /** Behind all that the journal holds, oldest first. */
  #memory: Cut[] = [];
  #memoryRows = 0;
  #journal: Journal | undefined;
  #journalRows = 0;
  #rowsOf = new Map<number, number>();
  /** Read from the journal, and not yet taken. */
  #ahead: Cut[] = [];
  #next = 1;
  #cursor = 0;
  #committed = 0;
  #spilling = false;
  /** Cuts are on their way to the disk. */
  #writing = false;
  /** Has no room on disk, and waits in memory. */
  #blocked = false;
  #takenAt: number;
  #wake = Promise.withResolvers<void>();
  #chain: Promise<void> = Promise.resolve();
  droppedRows = 0;

  constructor(options: SpoolOptions) {
    this.#o = options;
    this.#takenAt = options.clock.monotonic();
  }

  /**
   * Takes over what an earlier process left on disk.
   * @param committed the number of the last cut that was committed
   * @returns what was received behind it, oldest first, only for its positions
   */
  async open(committed: number): Promise<Readonly<Record<string, Json>>> {
    const { directory, maxBytes, clock } = this.#o;
    const journal = await Journal.open({ directory, maxBytes, clock, firstNumber: committed + 1 });
    this.#journal = journal;
    await journal.trim(committed);
    journal.skipTo(committed + 1);
    this.#committed = committed;
    this.#cursor = committed;
    this.#next = journal.next;
    const positions: Record<string, Json> = {};
    for (let at = committed; ;) {
      const records = await journal.read(at);
      for (const record of records) {
        const cut = decodeCut(record);
        this.#journaled(cut);
        Object.assign(positions, cut.positions);
      }
      const last = records.at(-1);
      if (last === undefined) break;
      at = last.number;
    }
    this.#spilling = journal.records > 0 && journal.next > committed + 1;
    return positions;
  }

  /** Rows that are not committed. */
  get rows(): number {
    return this.#memoryRows + this.#journalRows;
  }

  get memoryRows(): number {
    return this.#memoryRows;
  }

  get journal(): { bytes: number; rows: number; spilling: boolean } {
    return { bytes: this.#journal?.bytes ?? 0, rows: this.#journalRows, spilling: this.#spilling };
  }

  /** No more should be received until `onRoom`. */
  get full(): boolean {
    return this.#blocked || this.#memory.length >= CUTS || this.#memoryRows >= 2 * this.#o.memoryRows;
  }

  get isBlocked(): boolean {
    return this.#blocked;
  }

  /** Adds what was received. Returns at once; where `full` is true by then, more should wait. */
  add(received: Omit<Cut, "number">): void {
    const cut: Cut = { ...received, number: this.#next++ };
    this.#memory.push(cut);
    this.#memoryRows += cut.rows;
    if (!this.#spilling && this.#memoryRows > this.#o.memoryRows) this.#spilling = true;
    if (this.#spilling) this.#write();
    this.#wakeUp();
  }

  /** To be called about once a second: what nobody takes goes to the disk. */
  tick(): void {
    const now = this.#o.clock.monotonic();
    if (!this.#spilling && this.#memory.length > 0 && now - this.#takenAt > AWAY_MS) {
      this.#spilling = true;
      this.#write();
    }
  }

  /** A reading begins behind what was committed. */
  rewind(): void {
    this.#cursor = this.#committed;
    this.#ahead = [];
  }

  /** The next cuts, waiting for the first; none when `signal` is aborted. @param most rows, about */
  async take(signal: AbortSignal, most: number): Promise<readonly Cut[]> {
    for (;;) {
      if (signal.aborted) return [];
      // Before looking: what comes while the disk is read must not be missed.
      const { promise } = this.#wake;
      const taken = await this.#taken(most);
      if (taken.length > 0) return taken;
      const ended = Promise.withResolvers<void>();
      const end = (): void => ended.resolve();
      signal.addEventListener("abort", end, { once: true });
      await Promise.race([promise, ended.promise]);
      signal.removeEventListener("abort", end);
    }
  }

  /** The next cuts that are there now. @param most rows, about */
  rest(most: number): Promise<readonly Cut[]> {
    return this.#taken(most);
  }

  /** Everything up to this cut is committed. */
  async committed(number: number): Promise<void> {
    if (number <= this.#committed) return;
    this.#committed = number;
    this.#takenAt = this.#o.clock.monotonic();
    const kept = this.#memory.findIndex((cut) => cut.number > number);
    for (const cut of this.#memory.splice(0, kept < 0 ? this.#memory.length : kept))
      this.#memoryRows -= cut.rows;
    for (const [written, rows] of this.#rowsOf) {
      if (written > number) break;
      this.#rowsOf.delete(written);
      this.#journalRows -= rows;
    }
    await this.#journal?.trim(number).catch(this.#o.onError);
    if (this.#blocked) {
      this.#blocked = false;
      this.#write();
    }
    if (!this.full) this.#o.onRoom();
  }

  /** What is in memory goes to the disk, so that it is there for the next process. @param keeps false: it does not */
  async close(keeps = true): Promise<void> {
    if (keeps && this.#memory.length > 0 && this.#journal !== undefined) {
      this.#spilling = true;
      this.#blocked = false;
      this.#write();
    }
    await this.#chain;
    await this.#journal?.close();
    this.#journal = undefined;
    this.#wakeUp();
  }

  async #taken(most: number): Promise<readonly Cut[]> {
    const journal = this.#journal;
    if (journal !== undefined && this.#cursor + 1 < journal.next && journal.records > 0) {
      if (this.#ahead.length === 0) this.#ahead = (await journal.read(this.#cursor)).map(decodeCut);
      if (this.#ahead.length > 0) return this.#give(this.#ahead, most);
    }
    const from = this.#memory.findIndex((cut) => cut.number > this.#cursor);
    // What is on its way to the disk is taken from there.
    if (this.#writing) return [];
    if (!this.#blocked) this.#spilling = false;
    if (from < 0) return [];
    return this.#give(this.#memory.slice(from, from + 1_000), most, false);
  }

  #give(cuts: Cut[], most: number, remove = true): readonly Cut[] {
    let count = 0;
    for (let rows = 0; count < cuts.length && rows < most; count++) rows += cuts[count]?.rows ?? 0;
    const given = remove ? cuts.splice(0, count) : cuts.slice(0, count);
    this.#cursor = given.at(-1)?.number ?? this.#cursor;
    this.#takenAt = this.#o.clock.monotonic();
    return given;
  }

  /** Writes what is in memory to the disk, in its order. */
  #write(): void {
    if (this.#writing) return;
    this.#writing = true;
    this.#chain = this.#drain()
      .catch((error: unknown) => {
        this.#blocked = true;
        this.#o.onError(error);
      })
      .finally(() => {
        this.#writing = false;
        this.#wakeUp();
        if (!this.full) this.#o.onRoom();
      });
  }

  async #drain(): Promise<void> {
    for (;;) {
      const [cut] = this.#memory;
      const journal = this.#journal;
      if (cut === undefined || journal === undefined || this.#blocked || !this.#spilling) return;
      if (journal.next !== cut.number) {
        // Those between were committed from memory, and so was all that it holds.
        await journal.trim(this.#committed);
        journal.skipTo(cut.number);
      }
      const written = await journal.append(encodeCut(cut));
      if (written === undefined && !(await this.#makeRoom(journal))) return;
      // It may have been committed meanwhile.
      if (written === undefined || this.#memory[0] !== cut) continue;
      this.#memory.shift();
      this.#memoryRows -= cut.rows;
      this.#journaled(cut);
    }
  }

  async #makeRoom(journal: Journal): Promise<boolean> {
    const { whenFull, onDropped } = this.#o;
    if (whenFull === "pause" || journal.records === 0) {
      this.#blocked = true;
      return false;
    }
    const before = journal.first;
    const dropped = await journal.dropOldest();
    let rows = 0;
    for (let number = before; number < before + dropped; number++) {
      rows += this.#rowsOf.get(number) ?? 0;
      this.#rowsOf.delete(number);
    }
    this.#journalRows -= rows;
    this.droppedRows += rows;
    this.#ahead = this.#ahead.filter((cut) => cut.number >= before + dropped);
    onDropped(rows, {});
    return true;
  }

  #journaled(cut: Cut): void {
    if (cut.number <= this.#committed) return;
    this.#rowsOf.set(cut.number, cut.rows);
    this.#journalRows += cut.rows;
  }

  #wakeUp(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

function encodeCut({ receivedAt, rows, streams, positions }: Cut): Uint8Array {
  return serialize({ receivedAt, rows, streams, positions });
}

function decodeCut({ number, payload }: { readonly number: number; readonly payload: Uint8Array }): Cut {
  // Written by `encodeCut` alone, and checked against its checksum.
  return { ...(deserialize(payload) as Omit<Cut, "number">), number };
}
