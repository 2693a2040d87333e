import { Worker } from "node:worker_threads";
import type { SqlReading, SqlText } from "./read-sql.ts";
import type { SqlAnswer } from "./sql-thread-main.ts";

/** A statement that takes longer is given up, in milliseconds. */
const PATIENCE_MS = 5_000;
/** Threads that are started after one was lost to a statement. */
const RESTARTS = 5;

/**
 * Reads statements in a thread of its own, one at a time: parsing takes from 0.2 ms to many seconds, and what exhausts a
 * parser may leave it broken. Then the thread is replaced, a few times.
 */
export class SqlThread {
  #worker: Worker | undefined;
  #lost = 0;
  #closed = false;

  /** Undefined where it cannot be read. Never rejects; the next may be asked when this one is answered. */
  async read(statement: SqlText): Promise<SqlReading | undefined> {
    if (this.#closed || this.#lost > RESTARTS) return undefined;
    const worker = (this.#worker ??= this.#start());
    const answered = Promise.withResolvers<SqlReading | undefined>();
    const answer = ({ reading, broken }: SqlAnswer): void =>
      answered.resolve(broken ? this.#lose(worker) : reading);
    const end = (): void => answered.resolve(this.#lose(worker));
    const timer = setTimeout(end, PATIENCE_MS);
    worker.on("message", answer).on("error", end).on("exit", end);
    // Nothing else may keep the process alive while it waits.
    worker.ref();
    worker.postMessage(statement);
    try {
      return await answered.promise;
    } finally {
      clearTimeout(timer);
      worker.off("message", answer).off("error", end).off("exit", end);
      worker.unref();
    }
  }

  /** Ends the thread. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #lose(worker: Worker): undefined {
    if (this.#worker === worker) {
      this.#worker = undefined;
      this.#lost++;
    }
    void worker.terminate();
  }

  #start(): Worker {
    // Type stripping runs the source; the published package has the built file beside this one.
    const file = import.meta.url.endsWith(".ts") ? "./sql-thread-main.ts" : "./sql-thread-main.js";
    const worker = new Worker(new URL(file, import.meta.url), {
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 128 },
    });
    worker.on("error", () => undefined);
    return worker;
  }
}
