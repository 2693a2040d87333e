import { Worker } from "node:worker_threads";
import { parseOptions } from "@millrace/core";
import { z } from "zod";
import type {
  Reading,
  ReaderContext,
  ReaderStatus,
  ReadOptions,
  SamplingReader,
  Variable,
} from "../../../shared/sampling/index.ts";
import type { ThreadData, ThreadReply, ThreadRequest } from "./messages.ts";

/** Options of `inThread()`. */
export const inThreadOptions = z.strictObject({
  /** Name by which variables choose it. */
  name: z.string().min(1),
  /** The module, as `new URL("./my-reader.ts", import.meta.url)`; its default export makes a reader of `options`. */
  module: z.instanceof(URL),
  /** What the module's function is given; it is copied into the thread. Default: nothing. */
  options: z.unknown().optional(),
});

/** Options of `inThread()`, as users write them. */
export type InThreadOptions = z.input<typeof inThreadOptions>;

/**
 * A reader in a thread of its own, for one that keeps the processor busy: ticks do not wait for it. It is lent no secrets and
 * databases, and its addresses are only checked by reading them. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example inThread({ name: "camera", module: new URL("../readers/camera.ts", import.meta.url) })
 */
export function inThread(options: InThreadOptions): SamplingReader {
  return new ThreadReader(parseOptions(inThreadOptions, options, "inThread()"));
}

interface Waiting {
  readonly resolve: (readings: readonly Reading[]) => void;
  readonly reject: (error: Error) => void;
}

class ThreadReader implements SamplingReader {
  readonly name: string;
  readonly #o: z.output<typeof inThreadOptions>;
  readonly #waiting = new Map<number, Waiting>();
  #lists = new WeakMap<readonly Variable[], number>();
  #context: ReaderContext | undefined;
  #worker: Worker | undefined;
  #count = 0;
  #status: readonly ReaderStatus[] = [];

  constructor(options: z.output<typeof inThreadOptions>) {
    this.#o = options;
    this.name = options.name;
  }

  open(context: ReaderContext): void {
    this.#context = context;
  }

  read(variables: readonly Variable[], { signal, connection }: ReadOptions): Promise<readonly Reading[]> {
    const worker = (this.#worker ??= this.#start());
    const id = (this.#count += 1);
    const known = this.#lists.get(variables);
    const list = known ?? id;
    this.#lists.set(variables, list);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const ask = (request: ThreadRequest): void => worker.postMessage(request);
      signal.addEventListener("abort", () => ask({ id: 0, kind: "abort", read: id }), { once: true });
      ask({ id, kind: "read", list, connection, ...(known === undefined ? { variables } : {}) });
    });
  }

  status(): readonly ReaderStatus[] {
    return this.#status;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const closed = new Promise<void>((resolve) => {
      worker.on("message", (reply: ThreadReply) => reply.kind === "closed" && resolve());
      worker.once("exit", () => resolve());
    });
    worker.postMessage({ id: 0, kind: "close" } satisfies ThreadRequest);
    // A thread that is busy does not listen.
    await Promise.race([closed, this.#context?.clock.sleep(2_000) ?? closed]);
    await worker.terminate();
  }

  /** A thread that died is made anew by the next reading. */
  #start(): Worker {
    const { module, options } = this.#o;
    const directory = this.#context?.directory ?? process.cwd();
    const data: ThreadData = { module: module.href, options, directory };
    const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    const worker = new Worker(new URL(file, import.meta.url), { workerData: data });
    worker.on("message", (reply: ThreadReply) => this.#take(reply));
    let why: Error | undefined;
    worker.once("error", (error: Error) => {
      why = error;
    });
    worker.once("exit", (code) => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#lists = new WeakMap();
      const error = why ?? new Error(`the thread of reader "${this.name}" ended with ${code}`);
      for (const waiting of this.#waiting.values()) waiting.reject(error);
      this.#waiting.clear();
    });
    return worker;
  }

  #take(reply: ThreadReply): void {
    if (reply.kind === "log") return this.#context?.log(reply.level, reply.message);
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.kind === "readings") {
      this.#status = reply.status;
      waiting?.resolve(reply.readings);
    } else if (reply.kind === "failed") waiting?.reject(new Error(reply.message));
  }
}
