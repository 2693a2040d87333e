import { Worker } from "node:worker_threads";
import type { Row } from "../row.ts";
import { HashSlab } from "./hash-slab.ts";
import type { HashTask } from "./hash-worker.ts";
import type { RowWriter } from "./row-writer.ts";

/** Slabs in use at most: one is filled while another is hashed. */
const SLABS = 3;

interface SharedSlab {
  readonly index: number;
  readonly slab: HashSlab;
  /** The thread knows the memory. */
  sent: boolean;
  done: ((hashed: boolean) => void) | undefined;
}

/**
 * A worker thread that computes the SHA-256 of canonical forms which this thread writes into shared memory. Half the cost
 * of a row hash is the call into the library; that half goes on beside the work on the next rows.
 */
export class HashThread {
  readonly #worker: Worker;
  readonly #slabs: SharedSlab[] = [];
  readonly #free: SharedSlab[] = [];
  readonly #waiting: ((slab: SharedSlab) => void)[] = [];
  #ended = false;

  constructor() {
    // Type stripping runs the source; the published package has the built file beside this one.
    const file = import.meta.url.endsWith(".ts") ? "./hash-worker.ts" : "./hash-worker.js";
    this.#worker = new Worker(new URL(file, import.meta.url));
    this.#worker.unref();
    this.#worker.on("message", (index: number) => this.#reply(index));
    this.#worker.on("error", () => this.#lost());
    this.#worker.on("exit", () => this.#lost());
  }

  /** False once the thread is gone: it hashes no more. */
  get alive(): boolean {
    return !this.#ended;
  }

  /** The hashes of the rows from index `from` on that fit into one slab; undefined where the thread ended before. */
  async hash(writer: RowWriter, rows: readonly Row[], into: string[]): Promise<boolean> {
    if (this.#ended) return false;
    const shared = this.#free.pop() ?? (await this.#slab());
    const count = shared.slab.fill(writer, rows, into.length);
    const hashed = count > 0 && (await this.#run(shared, count));
    if (hashed) shared.slab.takeHashes(count, into);
    this.#release(shared);
    return hashed;
  }

  /** Ends the thread. Idempotent. */
  async close(): Promise<void> {
    this.#lost();
    await this.#worker.terminate();
  }

  #slab(): SharedSlab | Promise<SharedSlab> {
    if (this.#slabs.length >= SLABS) return new Promise((resolve) => this.#waiting.push(resolve));
    const shared = { index: this.#slabs.length, slab: new HashSlab(), sent: false, done: undefined };
    this.#slabs.push(shared);
    return shared;
  }

  #run(shared: SharedSlab, rows: number): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    return new Promise((resolve) => {
      shared.done = resolve;
      this.#worker.ref();
      const { index, slab, sent } = shared;
      shared.sent = true;
      this.#worker.postMessage({
        slab: index,
        rows,
        ...(sent ? {} : { memory: slab.memory }),
      } satisfies HashTask);
    });
  }

  #reply(index: number): void {
    const shared = this.#slabs[index];
    shared?.done?.(true);
    if (shared !== undefined) shared.done = undefined;
    if (this.#slabs.every(({ done }) => done === undefined)) this.#worker.unref();
  }

  #release(shared: SharedSlab): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(shared);
    else next(shared);
  }

  #lost(): void {
    this.#ended = true;
    for (const shared of this.#slabs) {
      shared.done?.(false);
      shared.done = undefined;
    }
  }
}
