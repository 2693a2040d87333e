import { randomUUID } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import type { Row } from "@millrace/core";
import type { Journal } from "../../shared/journal/journal.ts";

/** Rows that are not committed yet. */
export interface BacklogEntry {
  /** Counts up by one. */
  readonly position: number;
  readonly stream: string;
  readonly rows: readonly Row[];
}

/** What the destination has committed. */
export interface BacklogState {
  /** Positions of two sessions have nothing to do with each other. */
  readonly session: string;
  readonly position: number;
}

/** What a backlog is made with. */
export interface BacklogOptions {
  readonly journal: Journal;
  /** Rows that may wait in memory. */
  readonly memoryRows: number;
  readonly onDrop: (rows: number) => void;
  readonly onError: (error: unknown) => void;
}

interface Waiting extends BacklogEntry {
  readonly since: number;
}

interface Stored {
  readonly session: string;
  readonly stream: string;
  readonly rows: readonly Row[];
}

/**
 * Keeps rows in their order until they are committed: in memory, and on disk once they have waited for long. What an earlier
 * process left on disk comes first. A record's number in the journal is its position. Where the disk is full the oldest are given
 * up, and counted.
 */
export class SpooledBacklog {
  readonly session: string;
  readonly #o: BacklogOptions;
  #entries: Waiting[] = [];
  #start: number;
  #end: number;
  /** The last position that is on disk. */
  #onDisk: number;
  #rows = 0;
  #dropped = 0;
  #spooling: Promise<void> | undefined;

  private constructor(options: BacklogOptions, session: string, start: number) {
    this.#o = options;
    this.session = session;
    this.#start = start;
    this.#onDisk = Math.max(start, options.journal.next - 1);
    this.#end = this.#onDisk;
  }

  /** Goes on with what the journal holds behind what was committed. */
  static async open(options: BacklogOptions, committed: BacklogState | undefined): Promise<SpooledBacklog> {
    const { journal } = options;
    const [first] = await journal.read(journal.first - 1, 4_096);
    if (first === undefined) return new SpooledBacklog(options, randomUUID(), 0);
    const { session } = stored(first.payload);
    const known = committed?.session === session ? committed.position : 0;
    const start = Math.max(known, journal.first - 1);
    const backlog = new SpooledBacklog(options, session, start);
    await journal.trim(start);
    return backlog;
  }

  /** Everything up to here was committed, or given up. */
  get start(): number {
    return this.#start;
  }

  /** Position of the last entry. */
  get end(): number {
    return this.#end;
  }

  /** Rows that wait in memory. */
  get rows(): number {
    return this.#rows;
  }

  /** Entries that wait on disk. */
  get entriesOnDisk(): number {
    return Math.max(0, this.#onDisk - this.#start);
  }

  /** Rows that were given up. */
  get dropped(): number {
    return this.#dropped;
  }

  append(stream: string, rows: readonly Row[], now: number): void {
    this.#end += 1;
    this.#entries.push({ position: this.#end, stream, rows, since: now });
    this.#rows += rows.length;
    if (this.#rows > this.#o.memoryRows) this.spool();
  }

  /** Entries behind a position: some, in their order; none where there are none. */
  async after(position: number): Promise<readonly BacklogEntry[]> {
    const from = Math.max(position, this.#start);
    if (from < this.#onDisk) {
      const records = await this.#o.journal.read(from);
      if (records.length > 0)
        return records.map(({ number, payload }) => ({ position: number, ...stored(payload) }));
    }
    return this.#entries.filter((entry) => entry.position > from);
  }

  /** They are committed. */
  trim(position: number): void {
    if (position <= this.#start) return;
    this.#start = Math.min(position, this.#end);
    this.#forget(this.#start);
    if (this.#o.journal.records > 0) this.#o.journal.trim(this.#start).catch(this.#o.onError);
  }

  /** Writes to the disk what has waited since `before`, and all else where anything is there already. */
  spoolOlder(before: number): void {
    const [oldest] = this.#entries;
    if (oldest !== undefined && (this.entriesOnDisk > 0 || oldest.since <= before)) this.spool();
  }

  /** Writes what waits in memory to the disk. */
  spool(): void {
    this.#spooling ??= this.#spool()
      .catch(this.#o.onError)
      .finally(() => {
        this.#spooling = undefined;
      });
  }

  /** What is not committed stays on disk for the next process. */
  async close(): Promise<void> {
    await this.#spooling;
    await this.#spool().catch(this.#o.onError);
    await this.#o.journal.close();
  }

  async #spool(): Promise<void> {
    const { journal } = this.#o;
    for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
      // What lies between was committed meanwhile, and so was all that is on disk.
      if (journal.next < entry.position) await journal.trim(entry.position - 1);
      journal.skipTo(entry.position);
      const payload = serialize({
        session: this.session,
        stream: entry.stream,
        rows: entry.rows,
      } satisfies Stored);
      while ((await journal.append(payload)) === undefined) {
        if (journal.records === 0) throw new Error("the disk of the journal is full");
        await this.#dropOldest();
      }
      this.#onDisk = entry.position;
      this.#forget(entry.position);
    }
  }

  async #dropOldest(): Promise<void> {
    const { journal, onDrop } = this.#o;
    const oldest = await journal.read(journal.first - 1);
    const before = journal.first;
    await journal.dropOldest();
    const gone = oldest.filter(
      ({ number }) => number >= before && number < journal.first && number > this.#start,
    );
    const rows = gone.reduce((sum, { payload }) => sum + stored(payload).rows.length, 0);
    this.#start = Math.max(this.#start, journal.first - 1);
    this.#dropped += rows;
    onDrop(rows);
  }

  #forget(position: number): void {
    let count = 0;
    for (const entry of this.#entries) {
      if (entry.position > position) break;
      this.#rows -= entry.rows.length;
      count += 1;
    }
    this.#entries.splice(0, count);
  }
}

function stored(payload: Uint8Array): Stored {
  return deserialize(payload) as Stored;
}
