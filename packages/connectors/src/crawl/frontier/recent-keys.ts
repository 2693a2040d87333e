/** Keys that were met not long ago, in two generations: bounded, and exact about what it holds. */
export class RecentKeys {
  readonly #capacity: number;
  #young = new Set<string>();
  #old = new Set<string>();

  /** @param capacity keys per generation; at most twice as many are held. */
  constructor(capacity = 50_000) {
    this.#capacity = capacity;
  }

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  add(key: string): void {
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(key);
  }

  clear(): void {
    this.#young = new Set();
    this.#old = new Set();
  }
}
