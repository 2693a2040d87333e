import { availableParallelism } from "node:os";
import { Script } from "node:vm";
import {
  failRow,
  JsonNumber,
  MillraceError,
  RowCollector,
  type Batch,
  type Row,
  type RowFailureOptions,
  type RowFunction,
  type Transform,
  type TransformContext,
} from "@millrace/core";
import { unpack } from "./parallel/pack.ts";
import type { RemoteError, WorkerData } from "./parallel/protocol.ts";
import { ThreadPool, type TaskResult } from "./parallel/thread-pool.ts";

/** How `parallel` works. */
export interface ParallelOptions extends RowFailureOptions {
  /** Worker threads. Default one less than there are processors, at least one. */
  readonly threads?: number;
  /** The module's export that is the function. Default `default`. */
  readonly export?: string;
  /** Rows that travel to a thread together. Default 100. */
  readonly taskRows?: number;
}

/**
 * Calls a function for each row on worker threads, for work that keeps a processor busy. The order is kept. Give it a
 * module, `new URL("./work.ts", import.meta.url)`, or a function: that one travels as its source text and so can use
 * nothing from outside itself but what it imports of Node (`await import("node:zlib")`). It returns what `map` functions return. Rows are copied between threads, so they hold data
 * alone. The threads start with the first row and end with the run.
 */
export function parallel(work: URL | RowFunction, options: ParallelOptions = {}): Transform {
  const { threads = Math.max(1, availableParallelism() - 1), taskRows = 100, onError = "fail" } = options;
  checkCount("threads", threads);
  checkCount("taskRows", taskRows);
  const data = workerData(work, options.export);
  const kind = describeWork(work, options.export);
  let pool: ThreadPool | undefined;
  return {
    kind,
    holds: "nothing",
    concurrency: threads + 1,
    async apply(batch, context) {
      pool ??= new ThreadPool(data, threads);
      const tasks = await runTasks(pool, { batch, taskRows, kind });
      return collect(tasks, { batch, context, kind, onError });
    },
    async close() {
      const closing = pool;
      pool = undefined;
      await closing?.close();
    },
  };
}

function workerData(work: URL | RowFunction, name: string | undefined): WorkerData {
  if (work instanceof URL) return { module: work.href, export: name ?? "default" };
  if (typeof work !== "function" || name !== undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      "parallel() takes a URL (with the option export) or a function",
      {
        hint: 'Write parallel(new URL("./work.ts", import.meta.url), { export: "work" }).',
      },
    );
  }
  const text = Function.prototype.toString.call(work);
  try {
    // Compiles, does not run.
    new Script(`(${text})`);
  } catch (error) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `parallel(): the function ${work.name} cannot be sent to a thread as its source text`,
      {
        hint: "Write it as an arrow function or a plain function, or export it from a module and give its URL.",
        cause: error,
      },
    );
  }
  return {
    module: `data:text/javascript,${encodeURIComponent(`export default (${text});`)}`,
    export: "default",
  };
}

function describeWork(work: URL | RowFunction, name: string | undefined): string {
  if (typeof work === "function") return work.name === "" ? "parallel" : `parallel ${work.name}`;
  return `parallel ${work.pathname.split("/").at(-1) ?? ""}${name === undefined ? "" : `#${name}`}`;
}

function checkCount(option: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `parallel(): option "${option}" is ${value}, but has to be a whole number from 1 up`,
  );
}

interface TaskOutcome {
  /** Index of its first row in the batch. */
  readonly from: number;
  readonly result: TaskResult;
}

async function runTasks(
  pool: ThreadPool,
  { batch, taskRows, kind }: { batch: Batch; taskRows: number; kind: string },
): Promise<TaskOutcome[]> {
  const tasks: Promise<TaskOutcome>[] = [];
  for (let from = 0; from < batch.rows.length; from += taskRows) {
    const rows = batch.rows.slice(from, from + taskRows);
    tasks.push(runTask(pool, { rows, from, kind, stream: batch.stream }));
  }
  const settled = await Promise.allSettled(tasks);
  return settled.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}

async function runTask(
  pool: ThreadPool,
  task: {
    readonly rows: readonly Row[];
    readonly from: number;
    readonly kind: string;
    readonly stream: string;
  },
): Promise<TaskOutcome> {
  const { rows, from, kind, stream } = task;
  try {
    return { from, result: await pool.run(rows) };
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    // Of a row that cannot be copied, or that took its thread down, only its neighbourhood is known.
    const row = rows.find((each) => !isCloneable(each)) ?? rows[0] ?? {};
    failRow({ kind, stream, row, error, onError: "fail", context: NO_CONTEXT });
    throw error;
  }
}

const NO_CONTEXT: Pick<TransformContext, "reject"> = { reject: () => undefined };

function isCloneable(row: Row): boolean {
  try {
    structuredClone(row);
    return true;
  } catch {
    return false;
  }
}

function collect(
  tasks: readonly TaskOutcome[],
  work: {
    readonly batch: Batch;
    readonly context: TransformContext;
    readonly kind: string;
    readonly onError: "fail" | "reject";
  },
): Batch {
  const { batch, context, kind, onError } = work;
  const out = new RowCollector(batch);
  for (const { from, result } of tasks) {
    for (const [offset, value] of result.results.entries()) {
      const index = from + offset;
      const error = result.errors.get(offset) ?? accept(out, unpack(value, exactNumber), index);
      if (error === undefined) continue;
      failRow({
        kind,
        stream: batch.stream,
        row: batch.rows[index] as Row,
        error: localError(error),
        onError,
        context,
      });
    }
  }
  return out.batch();
}

function exactNumber(text: string): JsonNumber {
  return new JsonNumber(text);
}

/** An error where the result is neither a row, nor rows, nor nothing. */
function accept(out: RowCollector, value: unknown, index: number): RemoteError | undefined {
  if (value === null || value === undefined) return undefined;
  const rows: readonly unknown[] = Array.isArray(value) ? value : [value];
  const wrong = rows.find((row) => typeof row !== "object" || row === null || Array.isArray(row));
  if (rows.length > 0 && wrong !== undefined) {
    return {
      name: "TypeError",
      message: `it returned a ${typeof wrong}; return a row, an array of rows, or null to leave the row out`,
    };
  }
  for (const row of rows) out.push(row as Row, index);
  return undefined;
}

function localError({ name, message, stack }: RemoteError): Error {
  const error = new Error(
    name === "ReferenceError"
      ? `${message} (a function that is not in a module cannot use anything from outside itself)`
      : message,
  );
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
