import { hash } from "node:crypto";
import { availableParallelism } from "node:os";
import type { Row } from "../row.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import { HashThread } from "./hash-thread.ts";
import { PendingHashes, type LaterHashes } from "./pending-hashes.ts";
import { RowWriter } from "./row-writer.ts";

/** Rows after which a thread pays for its start, some 40 ms of another core. */
const ROWS_BEFORE_THREAD = 50_000;

/** Hashes of a batch of rows, in their order, 32 characters of latin1 each: at once or, where a thread does it, later. */
export type BatchHasher = (rows: readonly Row[]) => readonly string[] | LaterHashes;

/** Row hashes of one run: on this thread for a small run, on a thread of their own for a large one. */
export class RowHashing {
  readonly #threadAfter: number;
  #rows = 0;
  #thread: HashThread | undefined;

  /** @param threadAfter rows after which a thread is started. Default 50,000; never where there is a single core. */
  constructor(threadAfter: number = availableParallelism() > 1 ? ROWS_BEFORE_THREAD : Infinity) {
    this.#threadAfter = threadAfter;
  }

  /** Compiles the hashing of rows in storage form under these columns. */
  compile(columns: readonly ColumnDefinition[]): BatchHasher {
    const writer = new RowWriter(columns);
    return (rows) => {
      this.#rows += rows.length;
      if (this.#rows > this.#threadAfter) this.#thread ??= new HashThread();
      return this.#thread === undefined
        ? rows.map((row) => hash("sha256", writer.write(row), "binary"))
        : new PendingHashes(this.#thread, writer, rows);
    };
  }

  /** Ends the thread. Idempotent. */
  async close(): Promise<void> {
    await this.#thread?.close();
  }
}
