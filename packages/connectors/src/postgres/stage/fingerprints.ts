/** Bytes per slot: eight of the fingerprint, one of flags. */
const SLOT_BYTES = 9;
/** Share of the slots that may be taken. */
const MAX_LOAD = 0.75;
const FIRST_SLOTS = 4096;

const USED = 1;
/** The row it stands for is not in the table any more. */
const DEAD = 2;
/** A row with it came in the open epoch. */
const HIT = 4;
/** A row with it came since the last commit, and was not sent to the server. */
const SKIPPED = 8;

/**
 * The fingerprints (first eight bytes of the row hashes) of a table's live rows, in an open-addressed table: who finds a
 * row's fingerprint here need not send the row. Bounded: `add` says when the limit is reached.
 */
export class Fingerprints {
  #halves: Uint32Array;
  #flags: Uint8Array;
  #slots: number;
  #used = 0;
  #dead = 0;
  #hits = 0;
  #skipped = 0;
  readonly #maxSlots: number;

  /** @param expected rows that are to be added; more may come. */
  constructor(options: { readonly maxBytes: number; readonly expected: number }) {
    this.#maxSlots = Math.floor(options.maxBytes / SLOT_BYTES);
    const wanted = Math.max(FIRST_SLOTS, Math.ceil((options.expected * 1.05) / MAX_LOAD));
    this.#slots = Math.max(1, Math.min(this.#maxSlots, wanted));
    this.#halves = new Uint32Array(this.#slots * 2);
    this.#flags = new Uint8Array(this.#slots);
  }

  /** Rows that fit into `bytes`. */
  static capacity(bytes: number): number {
    return Math.floor(Math.floor(bytes / SLOT_BYTES) * MAX_LOAD);
  }

  /** Live rows. */
  get size(): number {
    return this.#used - this.#dead;
  }

  /** Live rows that came in the open epoch. */
  get hits(): number {
    return this.#hits;
  }

  /** Rows that were not sent since the last commit. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Adds a live row; false where there is no room left. */
  add(high: number, low: number): boolean {
    if (this.#used >= this.#slots * MAX_LOAD && !this.#grow()) return false;
    let at = this.#home(high);
    while (this.#flags[at] !== 0) {
      if (this.#halves[at * 2] === high >>> 0 && this.#halves[at * 2 + 1] === low >>> 0) {
        if (this.#isDead(at)) {
          this.#flags[at] = USED;
          this.#dead--;
        }
        return true;
      }
      if (++at === this.#slots) at = 0;
    }
    this.#halves[at * 2] = high;
    this.#halves[at * 2 + 1] = low;
    this.#flags[at] = USED;
    this.#used++;
    return true;
  }

  /** Slot of a live row, -1 where there is none. */
  find(high: number, low: number): number {
    const h = high >>> 0;
    const l = low >>> 0;
    let at = this.#home(h);
    let flags: number;
    while ((flags = this.#flags[at] as number) !== 0) {
      if (this.#halves[at * 2] === h && this.#halves[at * 2 + 1] === l) return (flags & DEAD) === 0 ? at : -1;
      if (++at === this.#slots) at = 0;
    }
    return -1;
  }

  /** The row came in the open epoch. */
  hit(slot: number): void {
    if (((this.#flags[slot] as number) & HIT) !== 0) return;
    this.#flags[slot] = (this.#flags[slot] as number) | HIT;
    this.#hits++;
  }

  /** The row came and is not sent. */
  skip(slot: number): void {
    this.#flags[slot] = (this.#flags[slot] as number) | SKIPPED;
    this.#skipped++;
  }

  wasSkipped(slot: number): boolean {
    return ((this.#flags[slot] as number) & SKIPPED) !== 0;
  }

  /** The row is gone or has changed. */
  remove(high: number, low: number): void {
    const slot = this.find(high, low);
    if (slot < 0) return;
    if (((this.#flags[slot] as number) & HIT) !== 0) this.#hits--;
    this.#flags[slot] = USED | DEAD;
    this.#dead++;
  }

  /** A commit is done: nothing is skipped any more. */
  forgetSkipped(): void {
    if (this.#skipped > 0) this.#clear(SKIPPED);
    this.#skipped = 0;
  }

  /** Another epoch begins: nothing has come in it. */
  forgetHits(): void {
    if (this.#hits > 0) this.#clear(HIT);
    this.#hits = 0;
  }

  /** The live rows that did not come in the open epoch, eight bytes each, at most `limit` of them at a time. */
  *unhit(limit: number): Generator<Buffer> {
    let out = Buffer.allocUnsafe(limit * 8);
    let at = 0;
    for (let slot = 0; slot < this.#slots; slot++) {
      if (((this.#flags[slot] as number) & (USED | DEAD | HIT)) !== USED) continue;
      out.writeUInt32BE(this.#halves[slot * 2] as number, at);
      out.writeUInt32BE(this.#halves[slot * 2 + 1] as number, at + 4);
      at += 8;
      if (at < out.length) continue;
      yield out;
      out = Buffer.allocUnsafe(limit * 8);
      at = 0;
    }
    if (at > 0) yield out.subarray(0, at);
  }

  #home(high: number): number {
    return Math.floor(((high >>> 0) / 4294967296) * this.#slots);
  }

  #isDead(slot: number): boolean {
    return ((this.#flags[slot] as number) & DEAD) !== 0;
  }

  #clear(flag: number): void {
    const keep = ~flag & 0xff;
    const flags = this.#flags;
    for (let i = 0; i < flags.length; i++) flags[i] = (flags[i] as number) & keep;
  }

  /** More slots, without the dead; false where there may be no more and nobody is dead. */
  #grow(): boolean {
    const { size } = this;
    const slots = Math.min(this.#maxSlots, Math.max(this.#slots, Math.ceil((size * 2) / MAX_LOAD)));
    if (size + 1 >= slots * MAX_LOAD) return false;
    const [halves, flags, before] = [this.#halves, this.#flags, this.#slots];
    this.#slots = slots;
    this.#halves = new Uint32Array(slots * 2);
    this.#flags = new Uint8Array(slots);
    this.#used = size;
    this.#dead = 0;
    for (let i = 0; i < before; i++) {
      const flag = flags[i] as number;
      if ((flag & (USED | DEAD)) !== USED) continue;
      let at = this.#home(halves[i * 2] as number);
      while (this.#flags[at] !== 0) if (++at === slots) at = 0;
      this.#halves[at * 2] = halves[i * 2] as number;
      this.#halves[at * 2 + 1] = halves[i * 2 + 1] as number;
      this.#flags[at] = flag;
    }
    return true;
  }
}

/** First four bytes of a row hash, as a number. */
export function highHalf(hash: string): number {
  return (
    ((hash.charCodeAt(0) << 24) |
      (hash.charCodeAt(1) << 16) |
      (hash.charCodeAt(2) << 8) |
      hash.charCodeAt(3)) >>>
    0
  );
}

/** The next four. */
export function lowHalf(hash: string): number {
  return (
    ((hash.charCodeAt(4) << 24) |
      (hash.charCodeAt(5) << 16) |
      (hash.charCodeAt(6) << 8) |
      hash.charCodeAt(7)) >>>
    0
  );
}
