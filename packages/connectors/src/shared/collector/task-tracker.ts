/** Timers and promises that belong to somebody, and end with them. */
export class TaskTracker {
  readonly #controller = new AbortController();
  readonly #tasks = new Map<Promise<void>, string>();
  readonly #onError: (name: string, error: unknown) => void;

  /** @param onError is told what a task fails with, unless it was cancelled */
  constructor(onError: (name: string, error: unknown) => void) {
    this.#onError = onError;
  }

  /** Aborted by `cancelAll`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Tasks that are not over. */
  get size(): number {
    return this.#tasks.size;
  }

  /** Their names, for whoever looks for one that does not end. */
  get names(): readonly string[] {
    return [...this.#tasks.values()];
  }

  /** Begins a task. After `cancelAll` nothing is begun. */
  add(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.signal.aborted) return;
    const task = this.#run(name, work);
    this.#tasks.set(task, name);
    void task.then(() => this.remove(task));
  }

  /** Forgets a task, which goes on untracked. */
  remove(task: Promise<void>): void {
    this.#tasks.delete(task);
  }

  /** Tells all tasks to end. */
  cancelAll(): void {
    this.#controller.abort();
  }

  /** Resolves when all tasks have ended, also those that were begun meanwhile. */
  async waitForAll(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks.keys());
  }

  async #run(name: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await work(this.signal);
    } catch (error) {
      if (!this.signal.aborted) this.#onError(name, error);
    }
  }
}
