import { type ChildProcess, spawn } from "node:child_process";
import type { FromProcess, ToProcess } from "./protocol.ts";
import { cpuOf, memoryOf } from "./process-memory.ts";

/** How to start the processes of runs. */
export interface ProcessProgram {
  /** Path of the program that speaks the protocol. */
  readonly file: string;
  /** Options of Node's own, such as conditions of exports. */
  readonly nodeOptions?: readonly string[];
  /** Environment variables; default: those of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  /** Such as SIGKILL. */
  readonly signal: NodeJS.Signals | null;
}

/** Milliseconds from SIGKILL to taking a process for gone although its output is still held open by another. */
const OUTPUT_GRACE_MS = 1_000;

/**
 * A process for one run. It leads a process group of its own, so that what its code starts ends with it. Its output comes by
 * pipes that this side reads, so that the last line before its end is there, whatever ended it.
 */
export class RunProcess {
  readonly child: ChildProcess;
  readonly memoryMb: number;
  /** Resolves when it has ended and all of its output has been read. */
  readonly exited: Promise<ProcessExit>;
  /** Resolves when it has loaded what every run needs; never where it ended before. */
  readonly ready: Promise<void>;
  /** Resolves when it has loaded the project that `prepare` named. */
  readonly prepared: Promise<void>;
  #listener: ((message: FromProcess) => void) | undefined;
  #early: FromProcess[] = [];
  #peak = 0;
  #ended = false;

  constructor(program: ProcessProgram, memoryMb: number) {
    this.memoryMb = memoryMb;
    this.child = spawn(
      process.execPath,
      [
        ...(program.nodeOptions ?? []),
        `--max-old-space-size=${memoryMb}`,
        "--max-semi-space-size=32",
        program.file,
      ],
      {
        // Bigints and dates of events go over as they are.
        serialization: "advanced",
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        // A group of its own; Windows has none, and ends the tree instead.
        detached: process.platform !== "win32",
        windowsHide: true,
        ...(program.env === undefined ? {} : { env: program.env }),
        ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
      },
    );
    this.exited = this.#exit();
    const prepared = Promise.withResolvers<void>();
    this.prepared = prepared.promise;
    this.ready = new Promise((resolve) => {
      this.child.on("message", (message: FromProcess) => {
        if (message.type === "ready") resolve();
        else if (message.type === "prepared") prepared.resolve();
        else if (this.#listener === undefined) this.#early.push(message);
        else this.#listener(message);
      });
    });
    // Sending to a process that has just ended; its exit tells.
    this.child.on("error", () => undefined);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get alive(): boolean {
    return !this.#ended;
  }

  /** Highest resident memory that was seen, in bytes. */
  get peakMemoryBytes(): number {
    return this.#peak;
  }

  /** Calls `listener` with every message from here on. */
  listen(listener: (message: FromProcess) => void): void {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) listener(message);
  }

  send(message: ToProcess): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  /** Asks it to end by itself. */
  terminate(): void {
    this.#signal("SIGTERM");
  }

  /** Ends it and all that it started, at once. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  /** Resident memory now, in bytes; undefined where the system does not tell. */
  async sampleMemory(): Promise<number | undefined> {
    const memory = await memoryOf(this.pid);
    if (memory !== undefined) this.#peak = Math.max(this.#peak, memory);
    return memory;
  }

  /** CPU time so far, in ms; undefined where the system does not tell. */
  sampleCpu(): Promise<number | undefined> {
    return cpuOf(this.pid);
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    if (process.platform === "win32") {
      // There is no signal that it could hear; the tree has to be ended by the system.
      spawn("taskkill", ["/pid", String(pid), "/t", "/f"], { stdio: "ignore", windowsHide: true });
      return;
    }
    try {
      // The group outlives its leader: what the run's code started may still be there.
      process.kill(signal === "SIGKILL" ? -pid : pid, signal);
    } catch {
      // It is gone.
    }
  }

  #exit(): Promise<ProcessExit> {
    return new Promise((resolve) => {
      this.child.on("error", () => {
        if (this.child.pid === undefined) this.#end(resolve, { code: null, signal: null });
      });
      this.child.on("exit", (code, signal) => {
        this.#ended = true;
        // What it started and left behind; it would hold the output open.
        this.kill();
        const late = setTimeout(() => {
          this.child.stdout?.destroy();
          this.child.stderr?.destroy();
        }, OUTPUT_GRACE_MS);
        this.child.on("close", () => {
          clearTimeout(late);
          this.#end(resolve, { code, signal });
        });
      });
    });
  }

  #end(resolve: (exit: ProcessExit) => void, exit: ProcessExit): void {
    this.#ended = true;
    resolve(exit);
  }
}
