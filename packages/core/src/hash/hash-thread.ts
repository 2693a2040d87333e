import { Worker } from "node:worker_threads";
import type { Row } from "../row.ts";
import { HashQueue } from "./hash-queue.ts";
import { HashSlab } from "./hash-slab.ts";
import type { HashWork } from "./hash-worker.ts";
import type { RowWriter } from "./row-writer.ts";

/** Slabs in use at most: one is filled while another is hashed. */
const SLABS = 3;

/** Rows that the thread was given. */
export interface HashJob {
  readonly rows: number;
  /** Adds their hashes to a list; adds nothing and gives false where the thread ended before. To be called once. */
  take(into: string[]): Promise<boolean>;
}

/**
 * A worker thread that computes the SHA-256 of canonical forms which this thread writes into shared memory. Half the cost
 * of a row hash is the call into the library; that half goes on beside the work on the next rows.
 */
export class HashThread {
  readonly #worker: Worker;
  readonly #slabs = Array.from({ length: SLABS }, () => new HashSlab());
  readonly #queue = new HashQueue(SLABS);
  readonly #free = this.#slabs.map((_, index) => index);
  #waiting = 0;
  #ended = false;

  constructor() {
    // Type stripping runs the source; the published package has the built file beside this one.
    const file = import.meta.url.endsWith(".ts") ? "./hash-worker.ts" : "./hash-worker.js";
    const workerData: HashWork = {
      queue: this.#queue.memory,
      slabs: this.#slabs.map(({ memory }) => memory),
    };
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData });
    this.#worker.unref();
    this.#worker.on("error", () => this.#lost());
    this.#worker.on("exit", () => this.#lost());
  }

  /**
   * Gives the thread the rows from index `from` on, as many as fit into one slab; undefined where no slab is free, the
   * first row is larger than one, or the thread ended.
   */
  submit(writer: RowWriter, rows: readonly Row[], from: number): HashJob | undefined {
    const index = this.#ended ? undefined : this.#free.at(-1);
    if (index === undefined) return undefined;
    const slab = this.#slabs[index] as HashSlab;
    const count = slab.fill(writer, rows, from);
    if (count === 0) return undefined;
    this.#free.pop();
    this.#queue.put(index);
    return { rows: count, take: (into) => this.#take(index, slab, into) };
  }

  /** Ends the thread. Idempotent. */
  async close(): Promise<void> {
    this.#lost();
    await this.#worker.terminate();
  }

  async #take(index: number, slab: HashSlab, into: string[]): Promise<boolean> {
    // Nothing else may keep the process alive while it waits.
    if (this.#waiting++ === 0) this.#worker.ref();
    await slab.settled();
    if (--this.#waiting === 0) this.#worker.unref();
    const hashed = slab.take(into);
    this.#free.push(index);
    return hashed;
  }

  #lost(): void {
    this.#ended = true;
    for (const slab of this.#slabs) slab.lose();
  }
}
