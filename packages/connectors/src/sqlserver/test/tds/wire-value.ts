import { Reader } from "./bytes.ts";
import { decimalLength, type WireType } from "./wire-type.ts";

const DAY_0 = Date.UTC(1, 0, 1) - (Date.UTC(1, 0, 1) - new Date("0001-01-01T00:00:00Z").getTime());

/** Bytes of a value → the text that SQL Server would show; written from MS-TDS 2.2.5.5, apart from the code under test. */
export function showValue(type: WireType, bytes: Buffer | null): string | null {
  if (bytes === null) return null;
  const word = type.name.replace(/\(.*/, "");
  const reader = new Reader(bytes);
  const shown = SHOW[word]?.(reader, type);
  if (shown === undefined) throw new Error(`no way to show ${type.name}`);
  reader.end();
  return shown;
}

const SHOW: Readonly<Record<string, (reader: Reader, type: WireType) => string>> = {
  bit: (reader) => (reader.u8() === 1 ? "1" : "0"),
  tinyint: (reader) => String(reader.u8()),
  smallint: (reader) => String(reader.take(2).readInt16LE()),
  int: (reader) => String(reader.take(4).readInt32LE()),
  bigint: (reader) => String(reader.i64()),
  real: (reader) => String(reader.take(4).readFloatLE()),
  float: (reader) => String(reader.take(8).readDoubleLE()),
  decimal: showDecimal,
  money: (reader) => {
    const high = BigInt(reader.take(4).readInt32LE());
    return point((high << 32n) + BigInt(reader.u32()), 4);
  },
  smallmoney: (reader) => point(BigInt(reader.take(4).readInt32LE()), 4),
  date: (reader) => day(reader),
  time: (reader, type) => clock(reader, type, reader.left),
  datetime2: (reader, type) => {
    const time = clock(reader, type, reader.left - 3);
    return `${day(reader)} ${time}`;
  },
  datetimeoffset: (reader, type) => {
    const time = clock(reader, type, reader.left - 5);
    const date = day(reader);
    return `${date} ${time} ${reader.take(2).readInt16LE()}`;
  },
  uniqueidentifier: (reader) => {
    const [a, b, c] = [reader.take(4), reader.take(2), reader.take(2)].map((part) =>
      Buffer.from(part).reverse().toString("hex"),
    );
    return `${a}-${b}-${c}-${reader.take(2).toString("hex")}-${reader.take(6).toString("hex")}`;
  },
  nvarchar: (reader) => reader.take(reader.left).toString("utf16le"),
  nchar: (reader) => reader.take(reader.left).toString("utf16le"),
  varchar: (reader) => reader.take(reader.left).toString("latin1"),
  char: (reader) => reader.take(reader.left).toString("latin1"),
  varbinary: (reader) => `0x${reader.take(reader.left).toString("hex")}`,
  binary: (reader) => `0x${reader.take(reader.left).toString("hex")}`,
};

function showDecimal(reader: Reader, { precision = 0, scale = 0 }: WireType): string {
  if (reader.left !== decimalLength(precision)) throw new Error(`decimal of ${reader.left} bytes`);
  const sign = reader.u8();
  if (sign > 1) throw new Error(`sign ${sign}`);
  let magnitude = 0n;
  for (let shift = 0n; reader.left > 0; shift += 32n) magnitude |= BigInt(reader.u32()) << shift;
  if (magnitude >= 10n ** BigInt(precision)) throw new Error(`${magnitude} has over ${precision} digits`);
  return point(sign === 1 ? magnitude : -magnitude, scale);
}

function point(scaled: bigint, scale: number): string {
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return scaled < 0n ? `-${text}` : text;
}

function day(reader: Reader): string {
  const days = reader.take(3).readUIntLE(0, 3);
  if (days > 3_652_058) throw new Error(`day ${days} is after 9999-12-31`);
  return new Date(DAY_0 + days * 86_400_000).toISOString().slice(0, 10);
}

function clock(reader: Reader, { scale = 0 }: WireType, length: number): string {
  if (length !== (scale <= 2 ? 3 : scale <= 4 ? 4 : 5)) throw new Error(`time(${scale}) in ${length} bytes`);
  const units = reader.take(length).readUIntLE(0, length);
  const perSecond = 10 ** scale;
  const all = Math.floor(units / perSecond);
  if (all >= 86_400) throw new Error(`a time of ${all} seconds`);
  const text = [all / 3600, (all / 60) % 60, all % 60].map((part) =>
    String(Math.floor(part)).padStart(2, "0"),
  );
  return scale === 0 ? text.join(":") : `${text.join(":")}.${String(units % perSecond).padStart(scale, "0")}`;
}
