import { Worker } from "node:worker_threads";
import { MillraceError } from "@millrace/core";
import type { PdfAnswers, PdfFailure, PdfReply, PdfRequest, PdfWork } from "./pdf-messages.ts";

/** How often the memory of a thread that works is looked at, in milliseconds. */
const LOOK_MS = 250;
const MIB = 1024 ** 2;

/** A question without its number. */
export type PdfQuestion = PdfRequest extends infer Each
  ? Each extends PdfRequest
    ? Omit<Each, "id">
    : never
  : never;

interface Waiting {
  resolve(answer: PdfAnswers[keyof PdfAnswers]): void;
  reject(error: Error): void;
}

/**
 * The thread that reads one PDF, started when it is asked something. It ends, and the question fails with
 * MLR_SOURCE_LIMIT, when it takes longer or needs more memory than the limits allow; the next question starts another.
 */
export class PdfThreadHost {
  readonly #name: string;
  readonly #work: PdfWork;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;
  #id = 0;

  constructor(name: string, work: PdfWork) {
    this.#name = name;
    this.#work = work;
  }

  /** Asks the thread; questions are answered one after the other. */
  ask<K extends keyof PdfAnswers>(
    question: PdfQuestion & { ask: K },
    signal?: AbortSignal,
  ): Promise<PdfAnswers[K]> {
    const id = ++this.#id;
    const worker = this.#started();
    const onAbort = (): void =>
      this.#end(signal?.reason instanceof Error ? signal.reason : new Error("stopped"));
    return new Promise<PdfAnswers[K]>((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#watch();
      worker.postMessage({ ...question, id });
    }).finally(() => signal?.removeEventListener("abort", onAbort));
  }

  /** Ends the thread. Idempotent. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#end(new Error("the document was closed"));
    await worker?.terminate();
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    // Type stripping runs the source; the published package has the built file beside this one.
    const file = import.meta.url.endsWith(".ts") ? "./pdf-thread.ts" : "./pdf-thread.js";
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: this.#work,
      resourceLimits: { maxOldGenerationSizeMb: this.#work.limits.memoryMb },
      // What PDF.js prints of a damaged file is no output of the program.
      stdout: true,
      stderr: true,
    });
    worker.on("message", (reply: PdfReply) => this.#reply(reply));
    worker.on("error", (error) => this.#lost(worker, error));
    worker.on("exit", () => this.#lost(worker, new Error("its thread ended")));
    this.#worker = worker;
    return worker;
  }

  #reply(reply: PdfReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    this.#watch();
    if ("answer" in reply) waiting.resolve(reply.answer);
    else waiting.reject(failed(this.#name, reply.failure));
  }

  /** Starts the time for the next answer over; nothing is watched while nothing is asked. */
  #watch(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#look);
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    const { pageMs, memoryMb } = this.#work.limits;
    this.#timer = setTimeout(
      () => this.#end(this.#beyond(`takes longer than ${pageMs} ms for a page`)),
      pageMs,
    );
    this.#look = setInterval(() => void this.#weigh(memoryMb), LOOK_MS);
  }

  /** Buffers are not part of the memory that the runtime limits. */
  async #weigh(memoryMb: number): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined || !("getHeapStatistics" in worker)) return;
    const statistics = await worker.getHeapStatistics().catch(() => undefined);
    if (statistics === undefined || this.#worker !== worker) return;
    const bytes = statistics.total_heap_size + statistics.external_memory;
    if (bytes > memoryMb * MIB) this.#end(this.#beyond(`needs more than ${memoryMb} MiB of memory`));
  }

  #lost(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    const outOfMemory = "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
    const { memoryMb } = this.#work.limits;
    this.#end(
      outOfMemory
        ? this.#beyond(`needs more than ${memoryMb} MiB of memory`)
        : failed(this.#name, { why: "damaged", message: error.message }),
    );
  }

  #end(reason: Error): void {
    const worker = this.#worker;
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#watch();
    for (const { reject } of waiting) reject(reason);
    void worker?.terminate();
  }

  #beyond(what: string): MillraceError {
    return failed(this.#name, { why: "limit", message: what });
  }
}

const HINTS: Readonly<Record<PdfFailure["why"], string>> = {
  password: "Give the option `password`.",
  limit: "Raise the `limits` if that much is expected.",
  canvas: "Install it: npm install @napi-rs/canvas",
  driver: "Install it: npm install pdfjs-dist",
  damaged: "The file may be incomplete: copy or download it again, or open and save it in a PDF program.",
};

function failed(name: string, { why, message }: PdfFailure): MillraceError {
  const details = { file: name };
  const hint = HINTS[why];
  if (why === "limit") return new MillraceError("MLR_SOURCE_LIMIT", `${name} ${message}`, { hint, details });
  if (why === "driver") {
    const text = "reading PDF needs the package pdfjs-dist, which is missing";
    return new MillraceError("MLR_DRIVER_MISSING", text, { hint, cause: message });
  }
  if (why === "canvas") return new MillraceError("MLR_DRIVER_MISSING", message, { hint });
  if (why === "password") {
    return new MillraceError("MLR_SOURCE_DENIED", `${name} is protected by a password: ${message}`, {
      hint,
      details,
    });
  }
  return new MillraceError("MLR_SOURCE_FORMAT", `${name} cannot be read as PDF: ${message}`, {
    hint,
    details,
  });
}
