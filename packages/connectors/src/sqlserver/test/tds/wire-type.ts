import { type Reader, u16, u32, u64, u8 } from "./bytes.ts";

/** A TYPE_INFO of MS-TDS 2.2.5.6, decoded. */
export interface WireType {
  readonly id: number;
  /** As T-SQL declares it. */
  readonly name: string;
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
}

const MAX = 0xffff;
const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);
const PLP_NULL = 0xffffffffffffffffn;
const PLP_UNKNOWN = 0xfffffffffffffffen;

export const TYPES = {
  int: { id: 0x26, name: "int", length: 4 },
  tinyint: { id: 0x26, name: "tinyint", length: 1 },
  smallint: { id: 0x26, name: "smallint", length: 2 },
  bigint: { id: 0x26, name: "bigint", length: 8 },
  bit: { id: 0x68, name: "bit", length: 1 },
  real: { id: 0x6d, name: "real", length: 4 },
  float: { id: 0x6d, name: "float", length: 8 },
  money: { id: 0x6e, name: "money", length: 8 },
  smallmoney: { id: 0x6e, name: "smallmoney", length: 4 },
  datetime: { id: 0x6f, name: "datetime", length: 8 },
  smalldatetime: { id: 0x6f, name: "smalldatetime", length: 4 },
  uuid: { id: 0x24, name: "uniqueidentifier", length: 16 },
  date: { id: 0x28, name: "date" },
  longText: { id: 0xe7, name: "nvarchar(max)", length: MAX },
  longBytes: { id: 0xa5, name: "varbinary(max)", length: MAX },
} as const satisfies Record<string, WireType>;

export function decimal(precision: number, scale: number): WireType {
  return { id: 0x6a, name: `decimal(${precision},${scale})`, precision, scale };
}

export function seconds(kind: "time" | "datetime2" | "datetimeoffset", scale: number): WireType {
  const id = { time: 0x29, datetime2: 0x2a, datetimeoffset: 0x2b }[kind];
  return { id, name: `${kind}(${scale})`, scale };
}

export function shortText(characters: number): WireType {
  return { id: 0xe7, name: `nvarchar(${characters})`, length: characters * 2 };
}

const BY_LENGTH: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  0x26: { 1: "tinyint", 2: "smallint", 4: "int", 8: "bigint" },
  0x6d: { 4: "real", 8: "float" },
  0x6e: { 4: "smallmoney", 8: "money" },
  0x6f: { 4: "smalldatetime", 8: "datetime" },
  0x68: { 1: "bit" },
  0x24: { 16: "uniqueidentifier" },
};

const SECONDS: Readonly<Record<number, string>> = { 0x29: "time", 0x2a: "datetime2", 0x2b: "datetimeoffset" };
const VARIABLE: Readonly<Record<number, string>> = {
  0xe7: "nvarchar",
  0xef: "nchar",
  0xa7: "varchar",
  0xaf: "char",
  0xa5: "varbinary",
  0xad: "binary",
};
const WIDE = new Set([0xe7, 0xef]);
const WITH_COLLATION = new Set([0xe7, 0xef, 0xa7, 0xaf]);

export function readType(reader: Reader): WireType {
  const id = reader.u8();
  const lengths = BY_LENGTH[id];
  if (lengths !== undefined) {
    const length = reader.u8();
    const name = lengths[length];
    if (name === undefined) throw new Error(`type 0x${id.toString(16)} with length ${length}`);
    return { id, name, length };
  }
  if (id === 0x28) return { id, name: "date" };
  const kind = SECONDS[id];
  if (kind !== undefined) {
    const scale = reader.u8();
    if (scale > 7) throw new Error(`${kind} with scale ${scale}`);
    return { id, name: `${kind}(${scale})`, scale };
  }
  if (id === 0x6a || id === 0x6c) return readDecimalType(reader, id);
  const variable = VARIABLE[id];
  if (variable === undefined) throw new Error(`unknown type 0x${id.toString(16)}`);
  const length = reader.u16();
  if (WITH_COLLATION.has(id)) reader.take(5);
  const shown = length === MAX ? "max" : WIDE.has(id) ? length / 2 : length;
  return { id, name: `${variable}(${shown})`, length };
}

function readDecimalType(reader: Reader, id: number): WireType {
  const length = reader.u8();
  const precision = reader.u8();
  const scale = reader.u8();
  const needed = decimalLength(precision);
  if (length !== needed || precision < 1 || precision > 38 || scale > precision) {
    throw new Error(`decimal(${precision},${scale}) in ${length} bytes`);
  }
  return { id, name: `decimal(${precision},${scale})`, precision, scale };
}

export function decimalLength(precision: number): number {
  return precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17;
}

export function writeType(type: WireType): Buffer {
  const { id, length = 0, precision = 0, scale = 0 } = type;
  if (BY_LENGTH[id] !== undefined) return Buffer.from([id, length]);
  if (id === 0x28) return u8(id);
  if (SECONDS[id] !== undefined) return Buffer.from([id, scale]);
  if (id === 0x6a) return Buffer.from([id, decimalLength(precision), precision, scale]);
  return Buffer.concat([u8(id), u16(length), ...(WITH_COLLATION.has(id) ? [COLLATION] : [])]);
}

/** The bytes of a value as they lie on the wire, without their length; null for NULL. */
export function readValue(reader: Reader, type: WireType): Buffer | null {
  if (VARIABLE[type.id] === undefined) {
    const length = reader.u8();
    return length === 0 ? null : reader.take(length);
  }
  if (type.length !== MAX) {
    const length = reader.u16();
    return length === MAX ? null : reader.take(length);
  }
  const total = reader.u64();
  if (total === PLP_NULL) return null;
  const chunks: Buffer[] = [];
  for (let length = reader.u32(); length !== 0; length = reader.u32()) chunks.push(reader.take(length));
  const bytes = Buffer.concat(chunks);
  if (total !== PLP_UNKNOWN && BigInt(bytes.length) !== total)
    throw new Error(`${total} bytes were announced`);
  return bytes;
}

export function writeValue(type: WireType, bytes: Buffer | null): Buffer {
  if (VARIABLE[type.id] === undefined)
    return Buffer.concat([u8(bytes?.length ?? 0), bytes ?? Buffer.alloc(0)]);
  if (type.length !== MAX) return bytes === null ? u16(MAX) : Buffer.concat([u16(bytes.length), bytes]);
  if (bytes === null) return u64(PLP_NULL);
  const chunk = bytes.length === 0 ? [] : [u32(bytes.length), bytes];
  return Buffer.concat([u64(BigInt(bytes.length)), ...chunk, u32(0)]);
}
