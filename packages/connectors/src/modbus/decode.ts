import type { Reading, SampleValue } from "../shared/sampling/index.ts";
import type { ByteOrder, ModbusPoint } from "./address.ts";

/** Makes a reading of the registers that begin at a byte of an answer. */
export type Decoder = (bytes: Uint8Array, view: DataView, at: number, readTime: number) => Reading;

/** How the values of a point are made; found out once, as it is done for each value. */
export function decoderOf(point: ModbusPoint, fallback: ByteOrder): Decoder {
  const { type, bit, length } = point;
  const order = point.order ?? fallback;
  if (order === "ABCD" && bit === undefined) {
    if (type === "uint16") return (_bytes, view, at, readTime) => ({ value: view.getUint16(at), readTime });
    if (type === "int16") return (_bytes, view, at, readTime) => ({ value: view.getInt16(at), readTime });
  }
  return (bytes, _view, at, readTime) => {
    const reading = decodeRegisters(point, bytes.subarray(at, at + length * 2), order);
    return { ...reading, readTime };
  };
}

/** Makes a value of the bytes of its registers, in the order in which they came. */
export function decodeRegisters(point: ModbusPoint, bytes: Uint8Array, fallback: ByteOrder): Reading {
  const ordered = inOrder(bytes, point.order ?? fallback, point.type.startsWith("string"));
  const view = new DataView(ordered.buffer, ordered.byteOffset, ordered.byteLength);
  if (point.bit !== undefined) return { value: ((view.getUint16(0) >> point.bit) & 1) === 1 };
  const value = valueOf(point.type, view, ordered);
  if (value === undefined) return { value: null, quality: "bad", code: "not-bcd" };
  if (typeof value === "number" && Number.isNaN(value)) return { value, quality: "uncertain", code: "nan" };
  return { value };
}

/** The bit `index` of an answer that has coils or discrete inputs. */
export function decodeBit(bytes: Uint8Array, index: number): boolean {
  return (((bytes[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

/** Most significant byte first. Words of a text are never turned around. */
function inOrder(bytes: Uint8Array, order: ByteOrder, text: boolean): Uint8Array {
  const swapBytes = order === "BADC" || order === "DCBA";
  const swapWords = !text && (order === "CDAB" || order === "DCBA");
  if (!swapBytes && !swapWords) return bytes;
  const words = bytes.length / 2;
  const ordered = new Uint8Array(bytes.length);
  for (let word = 0; word < words; word += 1) {
    const from = 2 * (swapWords ? words - 1 - word : word);
    ordered[2 * word] = bytes[swapBytes ? from + 1 : from] ?? 0;
    ordered[2 * word + 1] = bytes[swapBytes ? from : from + 1] ?? 0;
  }
  return ordered;
}

function valueOf(type: string, view: DataView, bytes: Uint8Array): SampleValue | undefined {
  switch (type) {
    case "bool":
      return view.getUint16(0) !== 0;
    case "int8":
      return view.getInt8(1);
    case "uint8":
      return view.getUint8(1);
    case "int16":
      return view.getInt16(0);
    case "uint16":
      return view.getUint16(0);
    case "int32":
      return view.getInt32(0);
    case "uint32":
      return view.getUint32(0);
    case "int64":
      return numberOrBigint(view.getBigInt64(0));
    case "uint64":
      return numberOrBigint(view.getBigUint64(0));
    case "float32":
      return view.getFloat32(0);
    case "float64":
      return view.getFloat64(0);
    default:
      return type.startsWith("bcd") ? bcd(bytes) : textOf(bytes, Number(type.slice("string:".length)));
  }
}

function numberOrBigint(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** undefined where a digit is none. */
function bcd(bytes: Uint8Array): number | bigint | undefined {
  let value = 0n;
  for (const byte of bytes) {
    const high = byte >> 4;
    const low = byte & 15;
    if (high > 9 || low > 9) return undefined;
    value = value * 100n + BigInt(high * 10 + low);
  }
  return numberOrBigint(value);
}

/** Up to the first NUL: devices fill up with them. */
function textOf(bytes: Uint8Array, length: number): string {
  const own = bytes.subarray(0, length);
  const end = own.indexOf(0);
  return new TextDecoder().decode(end < 0 ? own : own.subarray(0, end)).trimEnd();
}
