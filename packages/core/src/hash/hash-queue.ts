/** Which slabs wait to be hashed, in the order in which they were filled: a ring in memory that two threads share. */
export class HashQueue {
  readonly memory: SharedArrayBuffer;
  /** How many were ever put in, then the ring. */
  readonly #cells: Int32Array<SharedArrayBuffer>;
  #taken = 0;

  /** @param memory of the other side's queue. */
  constructor(slabs: number, memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer((1 + slabs) * Int32Array.BYTES_PER_ELEMENT);
    this.#cells = new Int32Array(this.memory);
  }

  /** Puts a slab in and wakes who waits. A slab that is in must not be put in again. */
  put(slab: number): void {
    const count = Atomics.load(this.#cells, 0);
    Atomics.store(this.#cells, this.#cell(count), slab);
    Atomics.store(this.#cells, 0, (count + 1) >>> 0);
    Atomics.notify(this.#cells, 0);
  }

  /** The next slab. Blocks the thread until there is one. */
  take(): number {
    while (Atomics.load(this.#cells, 0) === (this.#taken | 0)) Atomics.wait(this.#cells, 0, this.#taken | 0);
    const slab = Atomics.load(this.#cells, this.#cell(this.#taken));
    this.#taken = (this.#taken + 1) | 0;
    return slab;
  }

  #cell(count: number): number {
    return 1 + ((count >>> 0) % (this.#cells.length - 1));
  }
}
