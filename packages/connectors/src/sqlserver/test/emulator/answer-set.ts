import type { QueryResult } from "pg";
import type { ResultSet } from "../tds/tokens.ts";
import { decimal, seconds, TYPES, type WireType } from "../tds/wire-type.ts";

type Encode = (text: string) => Buffer;

/** PostgreSQL's object ids of types → how TDS sends them. */
const BY_OID: Readonly<Record<number, { readonly type: WireType; readonly encode: Encode }>> = {
  16: { type: TYPES.bit, encode: (text) => Buffer.from([text === "t" ? 1 : 0]) },
  17: { type: TYPES.longBytes, encode: (text) => Buffer.from(text.slice(2), "hex") },
  21: { type: TYPES.smallint, encode: (text) => filled(2, (bytes) => bytes.writeInt16LE(Number(text))) },
  23: { type: TYPES.int, encode: (text) => filled(4, (bytes) => bytes.writeInt32LE(Number(text))) },
  20: { type: TYPES.bigint, encode: (text) => filled(8, (bytes) => bytes.writeBigInt64LE(BigInt(text))) },
  700: { type: TYPES.real, encode: (text) => filled(4, (bytes) => bytes.writeFloatLE(Number(text))) },
  701: { type: TYPES.float, encode: (text) => filled(8, (bytes) => bytes.writeDoubleLE(Number(text))) },
  1082: { type: TYPES.date, encode: dayBytes },
  1083: { type: seconds("time", 6), encode: timeBytes },
  1114: { type: seconds("datetime2", 6), encode: instantBytes },
  1184: {
    type: seconds("datetimeoffset", 6),
    encode: (text) => Buffer.concat([instantBytes(text.replace(/[+-]\d\d$/, "")), Buffer.alloc(2)]),
  },
  2950: { type: TYPES.uuid, encode: uuidBytes },
};

const TEXT = { type: TYPES.longText, encode: (text: string): Buffer => Buffer.from(text, "utf16le") };

/** An answer of PostgreSQL, all values as text, as a result set of TDS. */
export function answerSet({
  fields,
  rows,
}: Pick<QueryResult<(string | null)[]>, "fields" | "rows">): ResultSet {
  const kinds = fields.map(({ dataTypeID, dataTypeModifier }) =>
    dataTypeID === 1700 ? decimalKind(dataTypeModifier) : (BY_OID[dataTypeID] ?? TEXT),
  );
  return {
    columns: fields.map(({ name }, index) => ({ name, type: kinds[index]?.type ?? TEXT.type })),
    rows: rows.map((row) =>
      row.map((value, index) => (value === null ? null : (kinds[index] ?? TEXT).encode(value))),
    ),
    compact: true,
  };
}

function decimalKind(modifier: number): { type: WireType; encode: Encode } {
  const precision = modifier < 0 ? 38 : ((modifier - 4) >> 16) & 0xffff;
  const scale = modifier < 0 ? 0 : (modifier - 4) & 0x7ff;
  // The emulator keeps `bit` so, and nothing else.
  if (precision === 1) return { type: TYPES.bit, encode: (text) => Buffer.from([Number(text)]) };
  const bytes = precision <= 9 ? 4 : precision <= 19 ? 8 : precision <= 28 ? 12 : 16;
  return {
    type: decimal(precision, scale),
    encode: (text) => {
      let digits = BigInt(text.replace(/^-/, "").replace(".", ""));
      const out = Buffer.alloc(bytes + 1);
      out.writeUInt8(text.startsWith("-") ? 0 : 1);
      for (let at = 1; at <= bytes; at += 4, digits >>= 32n)
        out.writeUInt32LE(Number(digits & 0xffffffffn), at);
      return out;
    },
  };
}

function filled(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length);
  write(bytes);
  return bytes;
}

function dayBytes(text: string): Buffer {
  const days = Math.round(
    (Date.parse(`${text}T00:00:00Z`) - Date.parse("0001-01-01T00:00:00Z")) / 86_400_000,
  );
  return filled(3, (bytes) => bytes.writeUIntLE(days, 0, 3));
}

function timeBytes(text: string): Buffer {
  const [hour = 0, minute = 0, second = "0"] = text
    .split(":")
    .map((part, index) => (index < 2 ? Number(part) : part));
  const [whole, fraction = ""] = String(second).split(".");
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(whole);
  const micros = seconds * 1_000_000 + Number(fraction.padEnd(6, "0"));
  return filled(5, (bytes) => bytes.writeUIntLE(micros, 0, 5));
}

function instantBytes(text: string): Buffer {
  const [day = "", time = ""] = text.split(" ");
  return Buffer.concat([timeBytes(time), dayBytes(day)]);
}

function uuidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll("-", ""), "hex");
  return Buffer.concat([
    bytes.subarray(0, 4).reverse(),
    bytes.subarray(4, 6).reverse(),
    bytes.subarray(6, 8).reverse(),
    bytes.subarray(8),
  ]);
}
