import { daysOf, MillraceError } from "@millrace/core";
import { ZoneClock } from "./zone-clock.ts";

const TEXT =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?$/i;

/**
 * Milliseconds since 1970 of a `Date`, of a number of them, or of ISO 8601 text: `2026`, `2026-11`, `2026-11-22`,
 * `2026-11-22T06:00`, with an offset or without one (then in `timeZone`; where clocks jump over the time, when they do).
 * @param where what it is the value of, for messages
 * @throws MLR_ARGUMENT_INVALID
 */
export function instantOf(given: number | Date | string, timeZone: string, where: string): number {
  const ms =
    typeof given === "string"
      ? ofText(given.trim(), timeZone)
      : typeof given === "number"
        ? given
        : given.getTime();
  // A little less than a Date can hold, so that time zones have room.
  if (Number.isInteger(ms) && Math.abs(ms) < 8.6e15) return ms;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `${where}: ${typeof given === "string" ? JSON.stringify(given) : String(given)} is no time`,
    { hint: "Write a date such as 2026-11-22, or a time such as 2026-11-22T06:00 or 2026-11-22T06:00Z." },
  );
}

function ofText(text: string, timeZone: string): number {
  const match = TEXT.exec(text);
  if (match === null) return NaN;
  const [, year, month = "01", day = "01", hour = "00", minute = "00", second = "00", fraction = "", offset] =
    match;
  const days = daysOf(Number(year), Number(month), Number(day));
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  if (h > 23 || m > 59 || s > 59) return NaN;
  const ms = Number(fraction.padEnd(3, "0").slice(0, 3));
  const wall = days * 86_400_000 + ((h * 60 + m) * 60 + s) * 1_000 + ms;
  if (Number.isNaN(wall)) return NaN;
  if (offset === undefined) return ZoneClock.of(timeZone).firstInstantOf(wall);
  return wall - offsetOf(offset);
}

function offsetOf(text: string): number {
  if (text.toUpperCase() === "Z") return 0;
  const digits = text.replaceAll(/\D/g, "").padEnd(4, "0");
  const ms = (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000;
  return text.startsWith("-") ? -ms : ms;
}
