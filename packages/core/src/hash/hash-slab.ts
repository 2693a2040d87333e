import type { Row } from "../row.ts";
import type { RowWriter } from "./row-writer.ts";

/** Rows that one slab holds at most. */
const ROWS = 4_096;
/** Bytes of canonical form that one slab holds at most. */
const BYTES = 1024 * 1024;
const HASH_BYTES = 32;

/** The memory of a slab, shared with the thread that hashes. */
export interface SlabMemory {
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
  readonly #bytes: Buffer;
  readonly #ends: Uint32Array;
  readonly #hashes: Buffer;

  constructor(
    memory: SlabMemory = {
      bytes: new SharedArrayBuffer(BYTES),
      ends: new SharedArrayBuffer(ROWS * Uint32Array.BYTES_PER_ELEMENT),
      hashes: new SharedArrayBuffer(ROWS * HASH_BYTES),
    },
  ) {
    this.memory = memory;
    this.#bytes = Buffer.from(memory.bytes);
    this.#ends = new Uint32Array(memory.ends);
    this.#hashes = Buffer.from(memory.hashes);
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
    return index - from;
  }

  /** Hashes the first rows of the slab. @param hash of bytes, as 32 characters of latin1. */
  hash(rows: number, hash: (bytes: Uint8Array) => string): void {
    let start = 0;
    for (let i = 0; i < rows; i++) {
      const end = this.#ends[i] as number;
      this.#hashes.write(hash(this.#bytes.subarray(start, end)), i * HASH_BYTES, "latin1");
      start = end;
    }
  }

  /** The hashes of the first rows, added to a list. */
  takeHashes(rows: number, into: string[]): void {
    // One native call and parts of its string cost a fifth of a call per hash.
    const all = this.#hashes.toString("latin1", 0, rows * HASH_BYTES);
    for (let at = 0; at < all.length; at += HASH_BYTES) into.push(all.substring(at, at + HASH_BYTES));
  }
}
