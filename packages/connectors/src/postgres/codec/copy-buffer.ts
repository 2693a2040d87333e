/** Bytes of one chunk; larger values get a chunk of their own size. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Bytes on their way into a COPY: written into a large buffer that is handed off when it is full, and never touched
 * again, so that a stream can take it without copying. Whoever writes calls `reserve` first.
 */
export class CopyBuffer {
  /** The current buffer; changes with `reserve`. */
  bytes: Buffer;
  /** The same memory, for numbers. */
  view: DataView;
  /** Where the next byte goes. */
  position = 0;
  /** Bytes that `reserve` always leaves free behind what is asked for, so that fixed-size writers need not ask. */
  readonly slack: number;
  #held = -1;
  #row = -1;
  #full: Buffer[] = [];
  #handedOff = 0;

  constructor(slack: number) {
    this.slack = slack;
    this.bytes = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, slack));
    this.view = new DataView(this.bytes.buffer);
  }

  /** All bytes written so far, also those handed off. */
  get total(): number {
    return this.#handedOff + this.position;
  }

  /** Makes room for `size` bytes (and the slack) in one piece. */
  reserve(size: number): void {
    if (this.position + size + this.slack > this.bytes.length) this.#next(size + this.slack);
  }

  /** A row begins here: chunks that are handed off from now on end between rows, so that a COPY may end behind each of them. */
  beginRow(): void {
    this.#row = this.position;
  }

  /** Keeps what is written from here on in one piece until `release`, so that a length can be filled in. */
  hold(): void {
    this.#held = this.position;
  }

  /** Where the bytes kept by `hold` begin now. */
  get heldAt(): number {
    return this.#held;
  }

  release(): void {
    this.#held = -1;
  }

  /** The chunks that are full. */
  take(): Buffer[] {
    if (this.#full.length === 0) return [];
    const chunks = this.#full;
    this.#full = [];
    return chunks;
  }

  /** Everything written so far, the last chunk as well. */
  flush(): Buffer[] {
    if (this.position > 0) {
      // What is left of a large buffer is still good for the next rows: both parts share it, but no byte of it.
      this.#full.push(this.bytes.subarray(0, this.position));
      this.#handedOff += this.position;
      this.bytes = this.bytes.subarray(this.position);
      this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset);
      this.position = 0;
      this.#row = -1;
    }
    return this.take();
  }

  #next(needed: number): void {
    const from = this.#row >= 0 ? this.#row : this.#held < 0 ? this.position : this.#held;
    const kept = this.bytes.subarray(from, this.position);
    if (from > 0) {
      this.#full.push(this.bytes.subarray(0, from));
      this.#handedOff += from;
    }
    // Doubled, so that a value that grows piece by piece is not copied again and again.
    this.bytes = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, kept.length * 2 + needed));
    this.view = new DataView(this.bytes.buffer);
    kept.copy(this.bytes);
    this.position = kept.length;
    if (this.#held >= 0) this.#held -= from;
    if (this.#row >= 0) this.#row = 0;
  }
}
