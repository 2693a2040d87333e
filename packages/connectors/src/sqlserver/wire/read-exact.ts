import { daysText, ticksText } from "./time-text.ts";

/** What tedious knows of a column or a value. */
export interface ColumnMetadata {
  readonly type: { readonly name: string };
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  readonly dataLength?: number | undefined;
}

/** A value and where the next one begins. */
export interface ReadResult {
  readonly value: unknown;
  readonly offset: number;
}

/** Reads the `length` bytes of one value. */
type Read = (buffer: Buffer, at: number, length: number, metadata: ColumnMetadata) => unknown;

/** Days from 0001-01-01 to 1900-01-01, where the older types begin. */
const DAYS_TO_1900 = 693_595;
/** Ticks are 100 ns. */
const TICKS_PER_SECOND = 10_000_000;
const TICKS_PER_DAY = 86_400 * TICKS_PER_SECOND;
const TICKS_PER_MINUTE = 60 * TICKS_PER_SECOND;

/** Types whose values have a byte of length before them; 0 means null. */
const WITH_LENGTH: Readonly<Record<string, Read>> = {
  IntN: (buffer, at, length, metadata) => (length === 8 ? readInt64(buffer, at, 8, metadata) : undefined),
  DecimalN: readDecimal,
  NumericN: readDecimal,
  MoneyN: (buffer, at, length) =>
    length === 4 ? decimalText(BigInt(buffer.readInt32LE(at)), 4) : readMoney(buffer, at),
  Date: (buffer, at) => daysText(buffer.readUIntLE(at, 3)),
  Time: (buffer, at, length, { scale = 7 }) => ticksText(readTicks(buffer, at, length, scale)),
  DateTime2: readDateTime2,
  DateTimeOffset: readDateTimeOffset,
  DateTimeN: (buffer, at, length) =>
    length === 4 ? readSmallDateTime(buffer, at) : readDateTime(buffer, at),
};

/** Types whose values have always the same length, and are never null. */
const FIXED: Readonly<Record<string, { readonly length: number; readonly read: Read }>> = {
  BigInt: { length: 8, read: readInt64 },
  Money: { length: 8, read: readMoney },
  SmallMoney: { length: 4, read: (buffer, at) => decimalText(BigInt(buffer.readInt32LE(at)), 4) },
  DateTime: { length: 8, read: readDateTime },
  SmallDateTime: { length: 4, read: readSmallDateTime },
};

/**
 * Reads a value of the types that tedious reads with loss: integers of 64 bits as number or bigint; decimals and money as
 * text with all their digits; dates and times as ISO 8601 text, `datetimeoffset` in UTC with `Z`. Undefined for the other
 * types, and where the value is not there completely: then tedious goes on as always.
 */
export function readExact(buffer: Buffer, offset: number, metadata: ColumnMetadata): ReadResult | undefined {
  const { name } = metadata.type;
  const fixed = FIXED[name];
  if (fixed !== undefined) {
    const end = offset + fixed.length;
    if (buffer.length < end) return undefined;
    return { value: fixed.read(buffer, offset, fixed.length, metadata), offset: end };
  }
  const read = WITH_LENGTH[name];
  const length = buffer[offset];
  if (read === undefined || length === undefined) return undefined;
  const end = offset + 1 + length;
  if (buffer.length < end) return undefined;
  if (length === 0) return { value: null, offset: end };
  const value = read(buffer, offset + 1, length, metadata);
  return value === undefined ? undefined : { value, offset: end };
}

function readInt64(buffer: Buffer, at: number, _length: number, _metadata: ColumnMetadata): number | bigint {
  const value = buffer.readBigInt64LE(at);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function readDecimal(buffer: Buffer, at: number, length: number, { scale = 0 }: ColumnMetadata): string {
  let magnitude = 0n;
  for (let i = length - 4; i >= 1; i -= 4) {
    magnitude = (magnitude << 32n) | BigInt(buffer.readUInt32LE(at + i));
  }
  return decimalText(buffer[at] === 0 ? -magnitude : magnitude, scale);
}

/** The high half comes first, each half with its low byte first. */
function readMoney(buffer: Buffer, at: number): string {
  return decimalText((BigInt(buffer.readInt32LE(at)) << 32n) | BigInt(buffer.readUInt32LE(at + 4)), 4);
}

/** All digits after the point, as the column has them. */
function decimalText(scaled: bigint, scale: number): string {
  const negative = scaled < 0n;
  const digits = (negative ? -scaled : scaled).toString().padStart(scale + 1, "0");
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative ? `-${text}` : text;
}

/** The time of day in ticks of 100 ns. */
function readTicks(buffer: Buffer, at: number, length: number, scale: number): number {
  return buffer.readUIntLE(at, length) * 10 ** (7 - scale);
}

function readDateTime2(buffer: Buffer, at: number, length: number, { scale = 7 }: ColumnMetadata): string {
  const time = length - 3;
  return `${daysText(buffer.readUIntLE(at + time, 3))}T${ticksText(readTicks(buffer, at, time, scale))}`;
}

/** Day and time are in UTC already; what follows is only how the writer's clock differed. */
function readDateTimeOffset(
  buffer: Buffer,
  at: number,
  length: number,
  { scale = 7 }: ColumnMetadata,
): string {
  const time = length - 5;
  return `${daysText(buffer.readUIntLE(at + time, 3))}T${ticksText(readTicks(buffer, at, time, scale))}Z`;
}

/** Days since 1900 and three hundredths of a second, shown in ms as SQL Server rounds them. */
function readDateTime(buffer: Buffer, at: number): string {
  const days = buffer.readInt32LE(at) + DAYS_TO_1900;
  const milliseconds = Math.round((buffer.readUInt32LE(at + 4) * 10) / 3);
  return instantText(days, milliseconds * 10_000);
}

function readSmallDateTime(buffer: Buffer, at: number): string {
  const days = buffer.readUInt16LE(at) + DAYS_TO_1900;
  return instantText(days, buffer.readUInt16LE(at + 2) * TICKS_PER_MINUTE);
}

function instantText(days: number, ticks: number): string {
  const over = ticks >= TICKS_PER_DAY;
  return `${daysText(over ? days + 1 : days)}T${ticksText(over ? ticks - TICKS_PER_DAY : ticks)}`;
}
