import { endianness } from "node:os";

/** Fingerprints of a part: eight bytes each. */
const PART_ROWS = 256 * 1024;
/** Full parts in memory at most, 2 MB each: handing them out interrupts the loading of rows. */
const KEPT_PARTS = 4;
const FIRST_ROWS = 512;
const SWAPPED = endianness() === "LE";

/** The fingerprints of the rows that came in an epoch since the last commit. Full parts are handed out, so that memory is bounded. */
export class SeenLog {
  #part = new Uint32Array(FIRST_ROWS * 2);
  #length = 0;
  #rows = 0;
  #full: Buffer[] = [];

  /** Rows that came, also those handed out. */
  get rows(): number {
    return this.#rows;
  }

  /** True where so many parts are full that they should be taken. */
  get isLarge(): boolean {
    return this.#full.length >= KEPT_PARTS;
  }

  add(high: number, low: number): void {
    if (this.#length === this.#part.length) this.#makeRoom();
    this.#part[this.#length++] = high;
    this.#part[this.#length++] = low;
    this.#rows++;
  }

  /** The parts that are full: eight bytes per row. */
  takeFull(): Buffer[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** What is in memory, as a copy; it stays. */
  peek(): Buffer[] {
    return [...this.#full, ...(this.#length === 0 ? [] : [bytesOf(this.#part.slice(0, this.#length))])];
  }

  clear(): void {
    if (this.#part.length > FIRST_ROWS * 2) this.#part = new Uint32Array(FIRST_ROWS * 2);
    this.#length = 0;
    this.#rows = 0;
    this.#full = [];
  }

  #makeRoom(): void {
    if (this.#part.length >= PART_ROWS * 2) {
      this.#full.push(bytesOf(this.#part));
      this.#part = new Uint32Array(PART_ROWS * 2);
      this.#length = 0;
      return;
    }
    const larger = new Uint32Array(this.#part.length * 2);
    larger.set(this.#part);
    this.#part = larger;
  }
}

/** The numbers as bytes, most significant first: as they stand in the hash. The array is used up. */
function bytesOf(halves: Uint32Array): Buffer {
  const bytes = Buffer.from(halves.buffer, halves.byteOffset, halves.byteLength);
  return SWAPPED ? bytes.swap32() : bytes;
}
