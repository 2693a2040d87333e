import { formatDate, MIN_DAYS } from "@millrace/core";

/** `YYYY-MM-DD` of days since 0001-01-01, as SQL Server counts them. */
export function daysText(days: number): string {
  return formatDate(days + MIN_DAYS);
}

/** `HH:MM:SS[.f]` of ticks of 100 ns since midnight, up to seven digits, without trailing zeros. */
export function ticksText(ticks: number): string {
  const seconds = Math.floor(ticks / 10_000_000);
  const rest = ticks - seconds * 10_000_000;
  const hour = Math.floor(seconds / 3600);
  const text = `${two(hour)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return rest === 0 ? text : `${text}.${String(rest).padStart(7, "0").replace(/0+$/, "")}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
