/** Thrown where a row does not end in the bytes that have come so far. One for all: making a stack each time takes long. */
export const UNDERFLOW = new Error("more bytes are needed");

/** Reads values in RowBinary. */
export class ByteReader {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;

  /** Puts more bytes behind those that were not read yet. */
  add(chunk: Buffer): void {
    this.bytes = this.at === this.bytes.length ? chunk : Buffer.concat([this.bytes.subarray(this.at), chunk]);
    this.at = 0;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Where the next `size` bytes begin; they count as read. */
  take(size: number): number {
    const from = this.at;
    if (from + size > this.bytes.length) throw UNDERFLOW;
    this.at = from + size;
    return from;
  }

  byte(): number {
    return this.bytes[this.take(1)] as number;
  }

  int16(): number {
    return this.bytes.readInt16LE(this.take(2));
  }

  int32(): number {
    return this.bytes.readInt32LE(this.take(4));
  }

  /** A number where it is safe, otherwise a bigint. */
  int64(): number | bigint {
    const from = this.take(8);
    const number = this.bytes.readInt32LE(from + 4) * 4_294_967_296 + this.bytes.readUInt32LE(from);
    return Number.isSafeInteger(number) ? number : this.bytes.readBigInt64LE(from);
  }

  /** Exact, as a bigint. */
  wide(bytes: number): bigint {
    const from = this.take(bytes);
    let value = this.bytes.readBigInt64LE(from + bytes - 8);
    for (let word = bytes - 16; word >= 0; word -= 8)
      value = (value << 64n) | this.bytes.readBigUInt64LE(from + word);
    return value;
  }

  float32(): number {
    return this.bytes.readFloatLE(this.take(4));
  }

  float64(): number {
    return this.bytes.readDoubleLE(this.take(8));
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const size = this.varint();
    const from = this.take(size);
    return this.bytes.toString("utf8", from, from + size);
  }

  /** A copy. */
  blob(): Buffer {
    return this.fixed(this.varint());
  }

  /** A copy. */
  fixed(size: number): Buffer {
    const from = this.take(size);
    return Buffer.from(this.bytes.subarray(from, from + size));
  }

  latin1(size: number): string {
    const from = this.take(size);
    return this.bytes.toString("latin1", from, from + size);
  }

  uuid(): string {
    const from = this.take(16);
    const hex = Buffer.from(this.bytes.subarray(from, from + 16));
    hex.subarray(0, 8).reverse();
    hex.subarray(8).reverse();
    const text = hex.toString("hex");
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
  }
}
