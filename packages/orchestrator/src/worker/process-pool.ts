import { type ProcessProgram, RunProcess } from "./run-process.ts";

export interface ProcessPoolOptions {
  readonly program: ProcessProgram;
  /** Processes that are kept ready. */
  readonly size: number;
  /** Heap of those that are kept ready, in MiB. */
  readonly memoryMb: number;
}

/**
 * Processes that have loaded what every run needs and wait for one, so that a run's code starts within milliseconds. Each
 * carries out one run and ends: nothing of a run is left for the next.
 */
export class ProcessPool {
  readonly #o: ProcessPoolOptions;
  readonly #ready: RunProcess[] = [];
  #closed = false;
  /** Processes in a row that ended before they were ready. */
  #failures = 0;

  constructor(options: ProcessPoolOptions) {
    this.#o = options;
    this.#fill();
  }

  /** Processes that wait for a run. */
  get ready(): number {
    return this.#ready.length;
  }

  /** A process for a run of this heap: one that waits, or else a new one. */
  take(memoryMb: number): RunProcess {
    const index = memoryMb === this.#o.memoryMb ? this.#ready.findIndex(({ alive }) => alive) : -1;
    const [found] = index < 0 ? [] : this.#ready.splice(index, 1);
    // After the run has its process: starting the next one costs time of its own.
    setImmediate(() => this.#fill());
    return found ?? new RunProcess(this.#o.program, memoryMb);
  }

  /** Ends those that wait. */
  async close(): Promise<void> {
    this.#closed = true;
    const left = this.#ready.splice(0);
    for (const each of left) each.kill();
    await Promise.all(left.map(({ exited }) => exited));
  }

  #fill(): void {
    while (!this.#closed && this.#ready.length < this.#o.size && this.#failures < 5) {
      const made = new RunProcess(this.#o.program, this.#o.memoryMb);
      this.#ready.push(made);
      void made.ready.then(() => (this.#failures = 0));
      void made.exited.then(() => {
        const index = this.#ready.indexOf(made);
        if (index < 0) return;
        // It ended while it waited: perhaps it cannot start at all.
        this.#failures++;
        this.#ready.splice(index, 1);
        this.#fill();
      });
    }
  }
}
