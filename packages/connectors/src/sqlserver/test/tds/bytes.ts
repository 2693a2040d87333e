/** Reads a message of the protocol strictly: whoever reads beyond its end, or leaves something unread, is told. */
export class Reader {
  at = 0;
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(length: number): Buffer {
    if (length > this.left) throw new Error(`${length} bytes wanted at ${this.at}, ${this.left} left`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16(): number {
    return this.take(2).readUInt16LE();
  }

  u32(): number {
    return this.take(4).readUInt32LE();
  }

  i64(): bigint {
    return this.take(8).readBigInt64LE();
  }

  u64(): bigint {
    return this.take(8).readBigUInt64LE();
  }

  /** Text with its length in characters before it, as one byte (`B_VARCHAR`). */
  shortText(): string {
    return this.take(this.u8() * 2).toString("utf16le");
  }

  /** Text with its length in characters before it, as two bytes (`US_VARCHAR`). */
  text(): string {
    return this.take(this.u16() * 2).toString("utf16le");
  }

  end(): void {
    if (this.left > 0) throw new Error(`${this.left} bytes too many at ${this.at}`);
  }
}

export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

export function shortText(value: string): Buffer {
  return Buffer.concat([u8(value.length), Buffer.from(value, "utf16le")]);
}

export function text(value: string): Buffer {
  return Buffer.concat([u16(value.length), Buffer.from(value, "utf16le")]);
}
