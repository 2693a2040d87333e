import type { ValueReader } from "./read-scalar.ts";

/** A reader of arrays whose elements `read` reads. More than one dimension, which Millrace never writes, comes out flat. */
export function readArray(read: ValueReader): ValueReader {
  return (bytes, start) => {
    const dimensions = bytes.readInt32BE(start);
    if (dimensions === 0) return [];
    let at = start + 12 + dimensions * 8;
    let count = 1;
    for (let i = 0; i < dimensions; i++) count *= bytes.readInt32BE(start + 12 + i * 8);
    const values: unknown[] = [];
    for (let i = 0; i < count; i++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      values.push(length < 0 ? null : read(bytes, at, length));
      if (length > 0) at += length;
    }
    return values;
  };
}
