import type { TableReader } from "@millrace/api";
import { MillraceError } from "@millrace/core";
import { projectStamp } from "../serve/project-stamp.ts";
import { ReaderProcess } from "./reader-process.ts";
import type { Answers, Question } from "./protocol.ts";

/** What a reader of collected data needs. */
export interface TableReaderOptions {
  /** The project's folder. */
  readonly root: string;
  /** Connection URL of the default database. */
  readonly databaseUrl: () => Promise<string>;
  /** Connection URL of the control database, where the project's secrets are. */
  readonly controlUrl: string;
  /** Queues the run that puts refused rows through their pipeline again; gives its id. */
  readonly queueReprocess: (wishes: QueuedReprocess) => Promise<string>;
  /** Is told each line that the process prints: the user's code may. */
  readonly onLine: (line: string) => void;
  /** Milliseconds that one answer may take. Default 30,000. */
  readonly answerMs?: number;
  /** Milliseconds without a question after which the process is ended. Default 120,000. */
  readonly idleMs?: number;
  /** Heap of the process, in MiB. Default 512. */
  readonly memoryMb?: number;
}

/** Which refused rows of which table a run is to put through its pipeline. */
export interface QueuedReprocess {
  readonly pipeline: string;
  readonly table: string;
  readonly filters: Parameters<TableReader["reprocess"]>[1]["filters"];
  readonly limit: number | undefined;
  readonly by: string;
}

/** Questions that are asked of the process at the same time; others wait for their turn. */
const AT_ONCE = 4;
/** Questions that may wait. */
const MOST_WAITING = 200;
/** Milliseconds between two looks at the project's files. */
const LOOK_MS = 1_000;
/** Folders that change without the project being another one. */
const LEFT_OUT: ReadonlySet<string> = new Set(["node_modules", "dist", "data", "tasks"]);

/**
 * Reads collected data by a process of its own, which is started with the first question, started anew after the project's
 * files have changed or it has died, and ended when nobody asks any more: the user's code, which names the places, never
 * runs in a process that serves.
 */
export function openTableReader(options: TableReaderOptions): TableReader {
  const reader = new Reader(options);
  return {
    tables: () => reader.ask({ kind: "tables" }),
    rows: (table, query) => reader.ask({ kind: "rows", table, query }),
    quarantine: (table, query) => reader.ask({ kind: "quarantine", table, query }),
    history: (table, key) => reader.ask({ kind: "history", table, key }),
    changes: (table, between) => reader.ask({ kind: "changes", table, between }),
    state: async (pipeline) => (await reader.ask({ kind: "state", pipeline })).state,
    reprocess: async (id, { by, filters, limit, pipeline: named }) => {
      const { table, pipelines } = await reader.ask({ kind: "find", table: id });
      const pipeline = choosePipeline(id, pipelines, named);
      const run = await options.queueReprocess({ pipeline, table, filters, limit, by });
      return { run, pipeline };
    },
    close: () => reader.close(),
  };
}

class Reader {
  readonly #o: TableReaderOptions;
  readonly #turns: (() => void)[] = [];
  #going = 0;
  #process: Promise<ReaderProcess> | undefined;
  #stamp: string | undefined;
  #looked = 0;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: TableReaderOptions) {
    this.#o = options;
  }

  async ask<K extends Question["kind"]>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    await this.#turn();
    try {
      const reader = await this.#reader();
      return await reader.ask<K>(question);
    } finally {
      this.#going--;
      this.#turns.shift()?.();
      this.#rest();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    for (const turn of this.#turns.splice(0)) turn();
    await this.#end();
  }

  async #turn(): Promise<void> {
    if (this.#going >= AT_ONCE) {
      if (this.#turns.length >= MOST_WAITING) {
        throw new MillraceError("MLR_READER_FAILED", "Too many are reading collected data at the moment", {
          hint: "Try again in a moment.",
        });
      }
      await new Promise<void>((resolve) => this.#turns.push(resolve));
    }
    this.#going++;
    clearTimeout(this.#idle);
  }

  async #reader(): Promise<ReaderProcess> {
    if (this.#closed) throw new MillraceError("MLR_READER_FAILED", "The reader of collected data is closed");
    const now = performance.now();
    if (this.#process !== undefined && now - this.#looked > LOOK_MS) {
      this.#looked = now;
      if (projectStamp(this.#o.root, LEFT_OUT) !== this.#stamp) this.#retire();
    }
    for (;;) {
      const seen = (this.#process ??= this.#start());
      const found = await seen.catch((error: unknown) => {
        if (this.#process === seen) this.#process = undefined;
        throw error;
      });
      if (found.alive) return found;
      // Whoever finds it dead first starts the next one.
      if (this.#process === seen) this.#process = undefined;
    }
  }

  async #start(): Promise<ReaderProcess> {
    const { root, controlUrl, answerMs = 30_000, memoryMb = 512, onLine } = this.#o;
    this.#looked = performance.now();
    this.#stamp = projectStamp(root, LEFT_OUT);
    const databaseUrl = await this.#o.databaseUrl();
    return new ReaderProcess({ project: { root, databaseUrl, controlUrl }, answerMs, memoryMb, onLine });
  }

  /** Lets one that has loaded what has changed since answer what it was asked, and ends it then. */
  #retire(): void {
    const old = this.#process;
    this.#process = undefined;
    void old?.then(
      async (reader) => {
        while (reader.alive && reader.busy) await new Promise((resolve) => setTimeout(resolve, 50));
        await reader.end();
      },
      () => undefined,
    );
  }

  /** Nobody asks at the moment. */
  #rest(): void {
    if (this.#going > 0 || this.#closed) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#end(), this.#o.idleMs ?? 120_000);
    this.#idle.unref();
  }

  async #end(): Promise<void> {
    const old = this.#process;
    this.#process = undefined;
    await (await old?.catch(() => undefined))?.end();
  }
}

/** Rows that several pipelines refused are told apart by who they are for. */
function choosePipeline(table: string, pipelines: readonly string[], named: string | undefined): string {
  const [only, ...others] = pipelines;
  if (named !== undefined && pipelines.includes(named)) return named;
  if (named === undefined && only !== undefined && others.length === 0) return only;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    named === undefined
      ? `Table "${table}" is written by several pipelines`
      : `Pipeline "${named}" does not write table "${table}"`,
    { hint: `Say which one: ${pipelines.join(", ")}.` },
  );
}
