import { Worker } from "node:worker_threads";
import { MillraceError } from "@millrace/core";
import { pack } from "./pack.ts";
import type { RemoteError, Reply, Task, WorkerData } from "./protocol.ts";

/** What came of the rows of a task, in their order; `errors` by index. */
export interface TaskResult {
  readonly results: readonly unknown[];
  readonly errors: ReadonlyMap<number, RemoteError>;
}

interface Waiting {
  readonly id: number;
  readonly rows: readonly unknown[];
  readonly packed: boolean;
  readonly resolve: (result: TaskResult) => void;
  readonly reject: (error: Error) => void;
}

/** One task is worked on while the next one is already there: the thread never waits for this one. */
const TASKS_PER_THREAD = 2;

/**
 * Worker threads with one queue. Threads start on demand; `close` ends them, and whatever still waits fails. A thread
 * keeps the process alive only while it has work.
 */
export class ThreadPool {
  readonly #data: WorkerData;
  readonly #size: number;
  readonly #threads = new Map<Worker, Map<number, Waiting>>();
  #queue: Waiting[] = [];
  #nextId = 0;

  constructor(data: WorkerData, size: number) {
    this.#data = data;
    this.#size = size;
  }

  /** Rejects with DataCloneError where a row cannot be copied to a thread. */
  run(rows: readonly unknown[]): Promise<TaskResult> {
    const sent = rows.map(pack);
    const packed = sent.some((row, index) => row !== rows[index]);
    return new Promise((resolve, reject) => {
      this.#queue.push({ id: this.#nextId++, rows: sent, packed, resolve, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    const stopped = new MillraceError("MLR_RUN_STOPPED", "the worker threads were stopped");
    const threads = [...this.#threads.keys()];
    for (const tasks of this.#threads.values()) for (const task of tasks.values()) task.reject(stopped);
    for (const task of this.#queue) task.reject(stopped);
    this.#threads.clear();
    this.#queue = [];
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #dispatch(): void {
    for (let task = this.#queue[0]; task !== undefined; task = this.#queue[0]) {
      const thread = this.#freeThread();
      if (thread === undefined) return;
      this.#queue.shift();
      this.#give(thread, task);
    }
  }

  #give(thread: Worker, task: Waiting): void {
    try {
      const { id, rows, packed } = task;
      thread.postMessage({ id, rows, packed } satisfies Task);
      this.#threads.get(thread)?.set(task.id, task);
      thread.ref();
    } catch (error) {
      task.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #freeThread(): Worker | undefined {
    const [least] = [...this.#threads].toSorted(([, a], [, b]) => a.size - b.size);
    if (least !== undefined && least[1].size === 0) return least[0];
    if (this.#threads.size < this.#size) return this.#start();
    return least !== undefined && least[1].size < TASKS_PER_THREAD ? least[0] : undefined;
  }

  #start(): Worker {
    // Type stripping runs the source; the published package has the built file beside this one.
    const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    const thread = new Worker(new URL(file, import.meta.url), { workerData: this.#data });
    this.#threads.set(thread, new Map());
    thread.on("message", (reply: Reply) => this.#reply(thread, reply));
    thread.on("error", (error) => this.#lost(thread, `a worker thread died: ${error.message}`));
    thread.on("exit", (code) => this.#lost(thread, `a worker thread ended with code ${code}`));
    thread.unref();
    return thread;
  }

  #reply(thread: Worker, reply: Reply): void {
    if ("unusable" in reply) return this.#unusable(thread, reply.unusable);
    const tasks = this.#threads.get(thread);
    const task = tasks?.get(reply.id);
    tasks?.delete(reply.id);
    if (tasks?.size === 0) thread.unref();
    task?.resolve({ results: reply.results, errors: new Map(reply.errors) });
    this.#dispatch();
  }

  /** What one thread cannot load, no other one can. */
  #unusable(thread: Worker, { message }: RemoteError): void {
    const error = new MillraceError(
      "MLR_TRANSFORM_FAILED",
      `the function of parallel() cannot be used in a worker thread: ${message}`,
      {
        hint: "Give the URL of a module and, with the option export, the name of a function in it; or a function that uses nothing from outside itself.",
      },
    );
    const tasks = [...(this.#threads.get(thread)?.values() ?? []), ...this.#queue];
    this.#threads.delete(thread);
    this.#queue = [];
    for (const task of tasks) task.reject(error);
    void thread.terminate();
  }

  /** Its tasks fail; the next task starts another thread. */
  #lost(thread: Worker, message: string): void {
    const tasks = this.#threads.get(thread);
    this.#threads.delete(thread);
    for (const task of tasks?.values() ?? []) task.reject(new Error(message));
    this.#dispatch();
  }
}
