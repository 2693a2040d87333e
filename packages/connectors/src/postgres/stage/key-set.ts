/** Slots of an empty set. */
const FIRST_SLOTS = 1024;
/** Bytes that a set may take: some 11 million keys. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The keys of the rows of one commit, as 32-bit hashes: says of each row whether its key may have come before. It never
 * misses one that has; where it is wrong (or full: then it says yes to all), SQL finds out.
 */
export class KeySet {
  #slots = new Uint32Array(FIRST_SLOTS);
  #size = 0;
  #zero = false;
  readonly #maxSlots: number;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxSlots = Math.max(FIRST_SLOTS, 2 ** Math.floor(Math.log2(maxBytes / 4)));
  }

  /** No more keys are told apart. */
  get full(): boolean {
    return this.#size * 4 >= this.#maxSlots * 3;
  }

  /** True where the key may have come before. */
  add(hash: number): boolean {
    if (hash === 0) {
      const before = this.#zero;
      this.#zero = true;
      return before;
    }
    if (this.#size * 4 >= this.#slots.length * 3) {
      if (this.full) return true;
      this.#grow();
    }
    const mask = this.#slots.length - 1;
    let at = hash & mask;
    for (;;) {
      const there = this.#slots[at] as number;
      if (there === hash) return true;
      if (there === 0) break;
      at = (at + 1) & mask;
    }
    this.#slots[at] = hash;
    this.#size++;
    return false;
  }

  clear(): void {
    // Clearing what one large commit needed would cost every small one after it.
    if (this.#slots.length > FIRST_SLOTS && this.#size * 16 < this.#slots.length)
      this.#slots = new Uint32Array(FIRST_SLOTS);
    else if (this.#size > 0) this.#slots.fill(0);
    this.#size = 0;
    this.#zero = false;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Uint32Array(old.length * 2);
    const mask = slots.length - 1;
    for (const hash of old) {
      if (hash === 0) continue;
      let at = hash & mask;
      while (slots[at] !== 0) at = (at + 1) & mask;
      slots[at] = hash;
    }
    this.#slots = slots;
  }
}
