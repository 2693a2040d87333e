/** Slots of each part of an empty set. */
const FIRST_SLOTS = 64;
/** Parts that grow one by one, so that growing never needs much memory at a time. */
const PARTS = 16;
/** Bytes that a set may take: some 6 million keys. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The keys of rows, as 32-bit hashes: says of each row whether its key may have come before. It never misses one that
 * has; where it is wrong (or full: then it says yes to all), SQL finds out.
 */
export class KeySet {
  readonly #parts: Uint32Array[] = Array.from({ length: PARTS }, () => new Uint32Array(FIRST_SLOTS));
  readonly #sizes = new Uint32Array(PARTS);
  readonly #maxSlots: number;
  #zero = false;
  #full = false;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxSlots = Math.max(FIRST_SLOTS, 2 ** Math.floor(Math.log2(maxBytes / 4 / PARTS)));
  }

  /** Not every key is told apart any more. */
  get full(): boolean {
    return this.#full;
  }

  /** True where the key may have come before. */
  add(hash: number): boolean {
    if (hash === 0) {
      const before = this.#zero;
      this.#zero = true;
      return before;
    }
    const part = hash >>> 28;
    let slots = this.#parts[part] as Uint32Array;
    if ((this.#sizes[part] as number) * 4 >= slots.length * 3) {
      if (slots.length >= this.#maxSlots) {
        this.#full = true;
        return true;
      }
      this.#parts[part] = slots = grown(slots);
    }
    const mask = slots.length - 1;
    let at = hash & mask;
    let there: number;
    while ((there = slots[at] as number) !== 0) {
      if (there === hash) return true;
      at = (at + 1) & mask;
    }
    slots[at] = hash;
    this.#sizes[part] = (this.#sizes[part] as number) + 1;
    return false;
  }

  clear(): void {
    for (let part = 0; part < PARTS; part++) {
      const slots = this.#parts[part] as Uint32Array;
      const size = this.#sizes[part] as number;
      // Clearing what one large commit needed would cost every small one after it.
      if (slots.length > FIRST_SLOTS && size * 16 < slots.length)
        this.#parts[part] = new Uint32Array(FIRST_SLOTS);
      else if (size > 0) slots.fill(0);
    }
    this.#sizes.fill(0);
    this.#zero = false;
    this.#full = false;
  }
}

function grown(old: Uint32Array): Uint32Array {
  const slots = new Uint32Array(old.length * 2);
  const mask = slots.length - 1;
  for (const hash of old) {
    if (hash === 0) continue;
    let at = hash & mask;
    while (slots[at] !== 0) at = (at + 1) & mask;
    slots[at] = hash;
  }
  return slots;
}
