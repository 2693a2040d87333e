import { formatInterval } from "@millrace/core";
import type { NumberMeaning } from "./number-formats.ts";

const DAY_MS = 86_400_000;
/** Days from 1899-12-30 to 1970-01-01; serial numbers from March 1900 on count from there. */
const EPOCH_1900 = 25_569;
const EPOCH_1904 = 24_107;
/** 9999-12-31. */
const LAST_DAY = 2_958_465;

/**
 * The date, time or duration that a number stands for, as ISO 8601 text without a zone, because workbooks know none.
 * To the millisecond, which is all that the number holds. Undefined where the number is out of range.
 */
export function serialText(serial: number, meaning: NumberMeaning, date1904: boolean): string | undefined {
  if (meaning === "duration") {
    return formatInterval({ months: 0, days: 0, micros: BigInt(Math.round(serial * DAY_MS)) * 1_000n });
  }
  if (serial < 0 || serial >= LAST_DAY + 1) return undefined;
  const days = date1904 ? serial - EPOCH_1904 : serial - EPOCH_1900 + before1900March(serial);
  const text = new Date(Math.round(days * DAY_MS)).toISOString();
  const clock = text.slice(11, 23).replace(/\.000$/, "");
  if (meaning === "time" && serial < 1) return clock;
  const midnight = clock === "00:00:00";
  return meaning === "date" && midnight ? text.slice(0, 10) : `${text.slice(0, 10)}T${clock}`;
}

/** Serial numbers count a 29 February 1900 that never was. */
function before1900March(serial: number): number {
  return serial < 60 ? 1 : 0;
}
