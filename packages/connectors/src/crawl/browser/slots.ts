/** So many at a time; the others wait for their turn. */
export class Slots {
  #free: number;
  readonly #all: number;
  readonly #waiting: (() => void)[] = [];
  #idle: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
    this.#all = count;
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
      if (this.#free === this.#all) for (const tell of this.#idle.splice(0)) tell();
    }
  }

  /** Resolves when none is used. */
  idle(): Promise<void> {
    return this.#free === this.#all
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#idle.push(resolve);
        });
  }
}
