import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ERROR_CODES, type ErrorCode, MillraceError, type Json } from "@millrace/core";
import type { Answers, FromReader, Question, ReaderProject, SentError } from "./protocol.ts";

/** What a process is started with, and what is told of it. */
export interface ReaderProcessOptions {
  readonly project: ReaderProject;
  /** Milliseconds that one answer may take. */
  readonly answerMs: number;
  /** Heap, in MiB. */
  readonly memoryMb: number;
  /** Is told each line that it prints. */
  readonly onLine: (line: string) => void;
}

interface Waiting {
  readonly resolve: (answer: Answers[keyof Answers]) => void;
  readonly reject: (error: MillraceError) => void;
  readonly late: NodeJS.Timeout;
}

/** A process that has loaded a project and answers questions about its tables, until it is ended, dies or takes too long. */
export class ReaderProcess {
  readonly #child: ChildProcess;
  readonly #options: ReaderProcessOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #asked = 0;
  #alive = true;
  /** Why it was ended, where it did not end by itself. */
  #why: MillraceError | undefined;

  constructor(options: ReaderProcessOptions) {
    this.#options = options;
    const source = import.meta.url.endsWith(".ts");
    const program = fileURLToPath(new URL(source ? "./main.ts" : "./main.js", import.meta.url));
    this.#child = fork(program, [], {
      execArgv: [
        ...(source ? ["--conditions=@millrace/source"] : []),
        `--max-old-space-size=${options.memoryMb}`,
      ],
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // A group of its own, which ends with it; Windows has none.
      detached: process.platform !== "win32",
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      const lines = createInterface({ input: stream });
      lines.on("line", options.onLine);
      lines.on("error", () => undefined);
    }
    this.#child.on("message", (message: FromReader) => this.#take(message));
    this.#exited = new Promise((resolve) => {
      // One that could not be started has no exit.
      this.#child.on("error", () => this.#ended(null, null, resolve));
      this.#child.on("exit", (code, signal) => this.#ended(code, signal, resolve));
    });
    this.#child.send({ type: "open", project: options.project }, () => undefined);
  }

  get alive(): boolean {
    return this.#alive;
  }

  get busy(): boolean {
    return this.#waiting.size > 0;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Fails with what the question fails with, or with MLR_READER_FAILED where the process ends before it has answered. */
  ask<K extends Question["kind"]>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    if (!this.#alive) return Promise.reject(gone("has ended"));
    return new Promise<Answers[keyof Answers]>((resolve, reject) => {
      const number = ++this.#asked;
      const late = setTimeout(() => this.#tooLate(), this.#options.answerMs);
      this.#waiting.set(number, { resolve, reject, late });
      this.#child.send({ type: "ask", number, question }, () => undefined);
    }) as Promise<Answers[K]>;
  }

  /** Ends it, with all that it started; questions that wait fail. Resolves when it is gone. */
  async end(): Promise<void> {
    this.#kill();
    await this.#exited;
  }

  #take(message: FromReader): void {
    const waiting = this.#waiting.get(message.number);
    if (waiting === undefined) return;
    this.#waiting.delete(message.number);
    clearTimeout(waiting.late);
    if (message.type === "answer") waiting.resolve(message.answer);
    else waiting.reject(received(message.error));
  }

  /** What it does cannot be taken back otherwise: a query that hangs, or code that never returns. */
  #tooLate(): void {
    this.#why ??= new MillraceError(
      "MLR_READER_FAILED",
      `Reading took longer than ${Math.round(this.#options.answerMs / 1000)} s, and was ended`,
      { hint: "Narrow it by conditions on the key, or try again." },
    );
    this.#kill();
  }

  #kill(): void {
    const { pid } = this.#child;
    if (!this.#alive || pid === undefined) return;
    try {
      if (process.platform === "win32") this.#child.kill("SIGKILL");
      else process.kill(-pid, "SIGKILL");
    } catch {
      this.#child.kill("SIGKILL");
    }
  }

  #ended(code: number | null, signal: NodeJS.Signals | null, resolve: () => void): void {
    this.#alive = false;
    const error =
      this.#why ?? gone(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`);
    for (const { reject, late } of this.#waiting.values()) {
      clearTimeout(late);
      reject(error);
    }
    this.#waiting.clear();
    resolve();
  }
}

function gone(how: string): MillraceError {
  return new MillraceError("MLR_READER_FAILED", `The process that reads collected data ${how}`, {
    hint: "Try again: it is started anew. The log of the platform has what it said.",
  });
}

function received({ code, message, hint, details }: SentError): MillraceError {
  const known = Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : "MLR_INTERNAL";
  return new MillraceError(known, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details: details as Record<string, Json> }),
  });
}
