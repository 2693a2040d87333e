import { civilOf, dayOfMicros, timeOfMicros } from "../schema/calendar.ts";

/** Bytes that the longest of these texts needs. */
export const TIME_BYTES = 27;

/** A power of two, so that days share a place only where they are this far apart: eleven years. */
const KEPT_DAYS = 4096;
/** No day of the years 1 to 9999. */
const UNUSED = 0x7fffffff;

// The texts of days that were written, by the last bits of the day: rows of a batch often share their days.
const keptDays = new Int32Array(KEPT_DAYS).fill(UNUSED);
const keptTexts = new Uint8Array(KEPT_DAYS * 10);

/** Writes `YYYY-MM-DD` of days since 1970-01-01 at `at` and gives where it ends. */
export function writeDate(bytes: Buffer, at: number, days: number): number {
  const place = days & (KEPT_DAYS - 1);
  const from = place * 10;
  if (keptDays[place] !== days) formatDay(days, place);
  for (let i = 0; i < 10; i++) bytes[at + i] = keptTexts[from + i] as number;
  return at + 10;
}

function formatDay(days: number, place: number): void {
  const civil = civilOf(days);
  const year = (civil / 10_000) | 0;
  const from = place * 10;
  const century = (year / 100) | 0;
  twoDigits(keptTexts, from, century);
  twoDigits(keptTexts, from + 2, year - century * 100);
  keptTexts[from + 4] = keptTexts[from + 7] = 45;
  twoDigits(keptTexts, from + 5, ((civil / 100) | 0) % 100);
  twoDigits(keptTexts, from + 8, civil % 100);
  keptDays[place] = days;
}

function twoDigits(bytes: Uint8Array, at: number, value: number): void {
  const tens = (value / 10) | 0;
  bytes[at] = 48 + tens;
  bytes[at + 1] = 48 + value - tens * 10;
}

/** Writes `HH:MM:SS[.f]` of microseconds since midnight. */
export function writeTime(bytes: Buffer, at: number, micros: number): number {
  const all = Math.floor(micros / 1_000_000);
  const fraction = micros - all * 1_000_000;
  const minutes = (all / 60) | 0;
  const hours = (minutes / 60) | 0;
  twoDigits(bytes, at, hours);
  bytes[at + 2] = 58;
  twoDigits(bytes, at + 3, minutes - hours * 60);
  bytes[at + 5] = 58;
  twoDigits(bytes, at + 6, all - minutes * 60);
  return fraction === 0 ? at + 8 : writeFraction(bytes, at + 8, fraction);
}

function writeFraction(bytes: Buffer, at: number, micros: number): number {
  bytes[at++] = 46;
  let rest = micros;
  for (let unit = 100_000; rest > 0; unit /= 10) {
    const digit = (rest / unit) | 0;
    bytes[at++] = 48 + digit;
    rest -= digit * unit;
  }
  return at;
}

/** Writes `YYYY-MM-DDTHH:MM:SS[.f]`, without the time at midnight. */
export function writeTimestamp(bytes: Buffer, at: number, micros: number | bigint): number {
  const day = dayOfMicros(micros);
  const time = timeOfMicros(micros, day);
  const end = writeDate(bytes, at, day);
  if (time === 0) return end;
  bytes[end] = 84;
  return writeTime(bytes, end + 1, time);
}

/** Writes `YYYY-MM-DDTHH:MM:SS[.f]Z`. */
export function writeTimestamptz(bytes: Buffer, at: number, micros: number | bigint): number {
  const day = dayOfMicros(micros);
  const end = writeDate(bytes, at, day);
  bytes[end] = 84;
  const last = writeTime(bytes, end + 1, timeOfMicros(micros, day));
  bytes[last] = 90;
  return last + 1;
}
