import type { Row } from "../row.ts";
import type { RowWriter } from "./row-writer.ts";

/** Rows that one slab holds at most. */
const ROWS = 4_096;
/** Bytes of canonical form that one slab holds at most. */
const BYTES = 1024 * 1024;
const HASH_BYTES = 32;

/** How far a slab is. A number, since two threads wait for it. */
const SlabState = { free: 0, filled: 1, hashed: 2, lost: 3 } as const;

/** The memory of a slab, shared with the thread that hashes. */
export interface SlabMemory {
  /** State and number of rows (int32). */
  readonly control: SharedArrayBuffer;
  /** The canonical forms, one after the other. */
  readonly bytes: SharedArrayBuffer;
  /** Where each of them ends (uint32). */
  readonly ends: SharedArrayBuffer;
  /** Their hashes, 32 bytes each. */
  readonly hashes: SharedArrayBuffer;
}

/** Canonical forms of many rows in memory that two threads share, and room for their hashes. */
export class HashSlab {
  readonly memory: SlabMemory;
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #bytes: Buffer;
  readonly #ends: Uint32Array;
  readonly #hashes: Buffer;

  constructor(
    memory: SlabMemory = {
      control: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT),
      bytes: new SharedArrayBuffer(BYTES),
      ends: new SharedArrayBuffer(ROWS * Uint32Array.BYTES_PER_ELEMENT),
      hashes: new SharedArrayBuffer(ROWS * HASH_BYTES),
    },
  ) {
    this.memory = memory;
    this.#control = new Int32Array(memory.control);
    this.#bytes = Buffer.from(memory.bytes);
    this.#ends = new Uint32Array(memory.ends);
    this.#hashes = Buffer.from(memory.hashes);
  }

  get state(): number {
    return Atomics.load(this.#control, 0);
  }

  get rows(): number {
    return Atomics.load(this.#control, 1);
  }

  /** Writes rows from index `from` on, as many as there is room for; returns how many. */
  fill(writer: RowWriter, rows: readonly Row[], from: number): number {
    const end = Math.min(rows.length, from + ROWS);
    let at = 0;
    let index = from;
    for (; index < end; index++) {
      at = writer.append(this.#bytes, at, rows[index] as Row);
      if (at < 0) break;
      this.#ends[index - from] = at;
    }
    const count = index - from;
    Atomics.store(this.#control, 1, count);
    if (count > 0) Atomics.store(this.#control, 0, SlabState.filled);
    return count;
  }

  /** Hashes the rows of the slab. @param hash of bytes, as 32 characters of latin1. */
  hash(hash: (bytes: Uint8Array) => string): void {
    const { rows } = this;
    let start = 0;
    for (let i = 0; i < rows; i++) {
      const end = this.#ends[i] as number;
      this.#hashes.write(hash(this.#bytes.subarray(start, end)), i * HASH_BYTES, "latin1");
      start = end;
    }
    this.#leave(SlabState.hashed);
  }

  /** Nobody will hash what waits in the slab. */
  lose(): void {
    this.#leave(SlabState.lost);
  }

  /** Resolves when the slab is no longer waiting to be hashed. */
  async settled(): Promise<void> {
    while (this.state === SlabState.filled) {
      const waiting = Atomics.waitAsync(this.#control, 0, SlabState.filled);
      if (waiting.async) await waiting.value;
    }
  }

  /** Adds the hashes of the slab's rows to a list and frees it; adds nothing and returns false where they were lost. */
  take(into: string[]): boolean {
    const hashed = this.state === SlabState.hashed;
    if (hashed) {
      // One native call and parts of its string cost a fifth of a call per hash.
      const all = this.#hashes.toString("latin1", 0, this.rows * HASH_BYTES);
      for (let at = 0; at < all.length; at += HASH_BYTES) into.push(all.substring(at, at + HASH_BYTES));
    }
    Atomics.store(this.#control, 0, SlabState.free);
    return hashed;
  }

  #leave(state: number): void {
    if (Atomics.compareExchange(this.#control, 0, SlabState.filled, state) !== SlabState.filled) return;
    Atomics.notify(this.#control, 0);
  }
}
