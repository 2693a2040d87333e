import { offsetAt } from "@millrace/core";

/** A time as clocks of a zone show it: `2026-03-29 03:00:00 +02:00`. */
export function zonedTime(ms: number, timeZone: string): string {
  const offset = offsetAt(timeZone, ms);
  const [date = "", time = ""] = new Date(ms + offset).toISOString().slice(0, 19).split("T");
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const ahead = `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  return `${date} ${time} ${ahead}`;
}
