/** Texts up to this many UTF-16 units take at most 127 bytes, so that their length is one byte. */
const SHORT = 42;

/** Writes values in RowBinary, one after the other, into a buffer that grows. */
export class ByteWriter {
  bytes: Buffer;
  at = 0;

  constructor(size = 65_536) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  /** What was written; the buffer belongs to the caller from now on. `next` is written into from now on; default: a new one. */
  take(next?: Buffer): Buffer {
    const taken = this.bytes.subarray(0, this.at);
    this.bytes = next ?? Buffer.allocUnsafeSlow(this.bytes.length);
    this.at = 0;
    return taken;
  }

  /** Makes room for `more` bytes. */
  need(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + more));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }

  byte(value: number): void {
    this.need(1);
    this.bytes[this.at++] = value;
  }

  int16(value: number): void {
    this.need(2);
    this.bytes[this.at++] = value;
    this.bytes[this.at++] = value >> 8;
  }

  int32(value: number): void {
    this.need(4);
    const { bytes } = this;
    bytes[this.at++] = value;
    bytes[this.at++] = value >> 8;
    bytes[this.at++] = value >> 16;
    bytes[this.at++] = value >> 24;
  }

  /** A safe integer or a bigint. */
  int64(value: number | bigint): void {
    if (typeof value === "bigint") {
      this.need(8);
      this.at = this.bytes.writeBigInt64LE(value, this.at);
      return;
    }
    const high = Math.floor(value / 4_294_967_296);
    this.int32(value - high * 4_294_967_296);
    this.int32(high);
  }

  float32(value: number): void {
    this.need(4);
    this.at = this.bytes.writeFloatLE(value, this.at);
  }

  float64(value: number): void {
    this.need(8);
    this.at = this.bytes.writeDoubleLE(value, this.at);
  }

  /** A length or count: 7 bits per byte, the low ones first. */
  varint(value: number): void {
    this.need(8);
    let rest = value;
    while (rest > 127) {
      this.bytes[this.at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at++] = rest;
  }

  text(value: string): void {
    const { length } = value;
    if (length > SHORT) return this.#longText(value);
    this.need(length * 3 + 1);
    const { bytes, at } = this;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 127) {
        const written = bytes.write(value, at + 1, "utf8");
        bytes[at] = written;
        this.at = at + 1 + written;
        return;
      }
      bytes[at + 1 + i] = code;
    }
    bytes[at] = length;
    this.at = at + 1 + length;
  }

  #longText(value: string): void {
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.need(size);
    this.at += this.bytes.write(value, this.at, "utf8");
  }

  blob(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.need(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  /** One byte per character. */
  latin1(value: string): void {
    this.need(value.length);
    this.at += this.bytes.write(value, this.at, "latin1");
  }

  /** Hex digits and dashes: ClickHouse keeps each half of a UUID as a little-endian number. */
  uuid(value: string): void {
    this.need(16);
    const { bytes, at } = this;
    let nibble = 0;
    let high = 0;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code === 45) continue;
      const digit = code < 58 ? code - 48 : code - 87;
      if (nibble % 2 === 0) high = digit;
      else {
        const index = nibble >> 1;
        bytes[at + (index < 8 ? 7 - index : 23 - index)] = (high << 4) | digit;
      }
      nibble++;
    }
    this.at = at + 16;
  }
}
