/** Microseconds in a day. */
export const DAY_MICROS = 86_400_000_000;

const DAY = 86_400_000_000n;
/** Days from 1970-01-01 whose microseconds are surely safe integers, with room for a day more. */
const SAFE_DAYS = 104_000;

/** 0001-01-01 as days since 1970-01-01: the first date that can be stored. */
export const MIN_DAYS = -719_162;
/** 9999-12-31 as days since 1970-01-01: the last date that can be stored. */
export const MAX_DAYS = 2_932_896;

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days since 1970-01-01 of a day of the proleptic Gregorian calendar, or NaN where there is no such day. Years 1 to 9999. */
export function daysOf(year: number, month: number, day: number): number {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return NaN;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (day > (MONTH_DAYS[month - 1] ?? 0) + (leap && month === 2 ? 1 : 0)) return NaN;
  // Years counted from March, so that the leap day is the last of its year.
  const y = month <= 2 ? year - 1 : year;
  const dayOfYear = (((month + 9) % 12) * 153 + 2) / 5;
  return y * 365 + ((y / 4) | 0) - ((y / 100) | 0) + ((y / 400) | 0) + (dayOfYear | 0) + day - 719_469;
}

/** The inverse of `daysOf` as one number, year × 10,000 + month × 100 + day, which spares an object per call. */
export function civilOf(days: number): number {
  // The algorithm counts in eras of 400 years from 0000-03-01.
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const shifted = ((5 * dayOfYear + 2) / 153) | 0;
  const day = dayOfYear - (((153 * shifted + 2) / 5) | 0) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return year * 10_000 + month * 100 + day;
}

/** Microseconds since 1970-01-01 as storage form has them: a number if it is a safe integer, otherwise a bigint. */
export function microsOf(days: number, microsOfDay: number): number | bigint {
  if (days < SAFE_DAYS && days > -SAFE_DAYS) return days * DAY_MICROS + microsOfDay;
  const micros = BigInt(days) * DAY + BigInt(microsOfDay);
  const number = Number(micros);
  return Number.isSafeInteger(number) ? number : micros;
}

/** The day that an instant falls on, as days since 1970-01-01. */
export function dayOfMicros(micros: number | bigint): number {
  if (typeof micros === "number") return Math.floor(micros / DAY_MICROS);
  const days = micros / DAY;
  return Number(days * DAY > micros ? days - 1n : days);
}

/** The microseconds since midnight of an instant that falls on `day`. */
export function timeOfMicros(micros: number | bigint, day: number): number {
  return typeof micros === "number" ? micros - day * DAY_MICROS : Number(micros - BigInt(day) * DAY);
}

/** `YYYY-MM-DD` of days since 1970-01-01. */
export function formatDate(days: number): string {
  const civil = civilOf(days);
  const year = (civil / 10_000) | 0;
  return `${pad(year, 4)}-${pad(((civil / 100) | 0) % 100, 2)}-${pad(civil % 100, 2)}`;
}

/** `HH:MM:SS[.f]` of microseconds since midnight, the fraction without trailing zeros. */
export function formatTime(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = micros - seconds * 1_000_000;
  const text = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`;
  return fraction === 0 ? text : `${text}.${pad(fraction, 6).replace(/0+$/, "")}`;
}

/** `YYYY-MM-DDTHH:MM:SS[.f]`, but only `YYYY-MM-DD` at midnight, so that a date and its midnight are the same text. */
export function formatTimestamp(micros: number | bigint): string {
  const day = dayOfMicros(micros);
  const time = timeOfMicros(micros, day);
  return time === 0 ? formatDate(day) : `${formatDate(day)}T${formatTime(time)}`;
}

/** `YYYY-MM-DDTHH:MM:SS[.f]Z`. */
export function formatTimestamptz(micros: number | bigint): string {
  const day = dayOfMicros(micros);
  return `${formatDate(day)}T${formatTime(timeOfMicros(micros, day))}Z`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
