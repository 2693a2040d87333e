import { type ProcessProgram, RunProcess } from "./run-process.ts";

/** A project that processes load while they wait. */
export interface PreparedProject {
  readonly root: string;
  /** Another value after each change to what they load, which must not be old when a run begins. Undefined: they load nothing. */
  readonly stamp: () => string | undefined;
}

export interface ProcessPoolOptions {
  readonly program: ProcessProgram;
  /** Processes that are kept ready. */
  readonly size: number;
  /** Heap of those that are kept ready, in MiB. */
  readonly memoryMb: number;
  /** Default: they load what every run needs, and nothing of a project. */
  readonly project?: PreparedProject | undefined;
}

/** A process that waits, with the state of the project that it has loaded. */
interface Waiting {
  readonly process: RunProcess;
  readonly stamp: string | undefined;
  /** It has loaded all that it loads in advance. */
  loaded: boolean;
}

/**
 * Processes that have loaded what every run needs and wait for one, so that a run's code starts within milliseconds. Each
 * carries out one run and ends: nothing of a run is left for the next.
 */
export class ProcessPool {
  readonly #o: ProcessPoolOptions;
  readonly #ready: Waiting[] = [];
  #closed = false;
  /** Processes in a row that ended before they were ready. */
  #failures = 0;

  constructor(options: ProcessPoolOptions) {
    this.#o = options;
    this.#fill();
  }

  /** Processes that wait for a run. */
  get ready(): number {
    return this.#ready.filter(({ loaded }) => loaded).length;
  }

  /** A process for a run of this heap: one that waits, or else a new one. */
  take(memoryMb: number): RunProcess {
    this.#dropStale();
    const index = memoryMb === this.#o.memoryMb ? this.#ready.findIndex(({ process }) => process.alive) : -1;
    const [found] = index < 0 ? [] : this.#ready.splice(index, 1);
    // After the run has its process: starting the next one costs time of its own.
    setImmediate(() => this.#fill());
    return found?.process ?? new RunProcess(this.#o.program, memoryMb);
  }

  /** Ends those that wait. */
  async close(): Promise<void> {
    this.#closed = true;
    const left = this.#ready.splice(0);
    for (const { process } of left) process.kill();
    await Promise.all(left.map(({ process }) => process.exited));
  }

  async #prepare(made: Waiting): Promise<void> {
    const { project } = this.#o;
    await made.process.ready;
    // One that has its run by now loads the project for that.
    if (project === undefined || made.stamp === undefined || !this.#ready.includes(made)) return;
    made.process.send({ type: "prepare", root: project.root });
    await made.process.prepared;
  }

  /** Ends those that have loaded what has changed since. */
  #dropStale(): void {
    const stamp = this.#o.project?.stamp();
    for (const each of this.#ready.filter((waiting) => waiting.stamp !== stamp)) {
      this.#ready.splice(this.#ready.indexOf(each), 1);
      each.process.kill();
    }
  }

  #fill(): void {
    while (!this.#closed && this.#ready.length < this.#o.size && this.#failures < 5) {
      const { program, memoryMb, project } = this.#o;
      const made = { stamp: project?.stamp(), process: new RunProcess(program, memoryMb), loaded: false };
      this.#ready.push(made);
      void this.#prepare(made).then(() => {
        made.loaded = true;
        this.#failures = 0;
      });
      void made.process.exited.then(() => {
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
