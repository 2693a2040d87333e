import { hash } from "node:crypto";
import type { Row } from "../row.ts";
import type { HashJob, HashThread } from "./hash-thread.ts";
import type { RowWriter } from "./row-writer.ts";

/** Hashes of a batch of rows that are still computed. */
export interface LaterHashes {
  /** The hashes in the order of the rows, 32 characters of latin1 each. To be called once. */
  take(): Promise<readonly string[]>;
}

/** Hashes that are there, or will be. */
export async function settledHashes(hashes: readonly string[] | LaterHashes): Promise<readonly string[]> {
  return "take" in hashes ? hashes.take() : hashes;
}

/** Hashes of a batch of rows that a thread works on. */
export class PendingHashes implements LaterHashes {
  readonly #thread: HashThread;
  readonly #writer: RowWriter;
  readonly #rows: readonly Row[];
  readonly #jobs: HashJob[] = [];
  /** Rows that were given to the thread, or hashed here. */
  #given = 0;

  constructor(thread: HashThread, writer: RowWriter, rows: readonly Row[]) {
    this.#thread = thread;
    this.#writer = writer;
    this.#rows = rows;
    this.#give();
  }

  async take(): Promise<readonly string[]> {
    const hashes: string[] = [];
    while (hashes.length < this.#rows.length) {
      const job = this.#jobs.shift();
      const until = hashes.length + (job?.rows ?? 1);
      // A row that is larger than the thread's memory, or a thread that ended.
      if (job === undefined || !(await job.take(hashes))) this.#hashHere(hashes, until);
      this.#given = Math.max(this.#given, hashes.length);
      this.#give();
    }
    return hashes;
  }

  #give(): void {
    while (this.#given < this.#rows.length) {
      const job = this.#thread.submit(this.#writer, this.#rows, this.#given);
      if (job === undefined) return;
      this.#jobs.push(job);
      this.#given += job.rows;
    }
  }

  #hashHere(into: string[], until: number): void {
    while (into.length < until) {
      into.push(hash("sha256", this.#writer.write(this.#rows[into.length] as Row), "binary"));
    }
  }
}
