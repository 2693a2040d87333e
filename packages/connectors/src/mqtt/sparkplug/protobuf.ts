/** One field of a message: its number, and its value as it stands there. */
export interface ProtobufField {
  readonly field: number;
  /** Varints and fixed numbers as bigint, all else as bytes. */
  readonly value: bigint | Uint8Array;
}

/** The fields of a message, in their order. Fails with RangeError where the bytes are none. */
export function* protobufFields(bytes: Uint8Array): Generator<ProtobufField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = view.getUint8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError("a number is too long");
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const field = key >> 3;
    switch (key & 7) {
      case 0:
        yield { field, value: varint() };
        break;
      case 1:
        yield { field, value: view.getBigUint64(at, true) };
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        if (at + length > bytes.length) throw new RangeError("a field is cut short");
        yield { field, value: bytes.subarray(at, at + length) };
        at += length;
        break;
      }
      case 5:
        yield { field, value: BigInt(view.getUint32(at, true)) };
        at += 4;
        break;
      default:
        throw new RangeError("a field is of an unknown kind");
    }
  }
}
