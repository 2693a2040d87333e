import { daysOf, formatDate, microsOf, DAY_MICROS } from "../schema/calendar.ts";
import type { SnapshotDefinition, SnapshotPeriod } from "../schema/table.ts";
import { offsetAt } from "./time-zone.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * The scope that is current at an instant (ms since 1970): what column `_snapshot` holds, as text. Hourly it is the
 * instant at which the hour began, `2026-11-22T04:00:00Z`; otherwise the local date on which the day, week (Monday),
 * month or year began, `2026-11-22`. Scopes of one table sort as text in the order of time.
 */
export function snapshotScope(snapshot: SnapshotDefinition, ms: number): string {
  const { every, timeZone } = snapshot;
  if (every !== "hour") return dateScope(every, Math.floor((ms + offsetAt(timeZone, ms)) / DAY_MS));
  const offset = offsetAt(timeZone, ms);
  const wall = Math.floor((ms + offset) / HOUR_MS) * HOUR_MS;
  // Where the clock was set within the hour, the hour began by the clock of before.
  const start = wall - offsetAt(timeZone, wall - offset);
  return new Date(start).toISOString().replace(".000Z", "Z");
}

/** The scope before the given one, whether there is a snapshot of it or not. Days that a time zone skipped are no scopes. */
export function previousScope(snapshot: SnapshotDefinition, scope: string): string {
  const { every, timeZone } = snapshot;
  if (every === "hour") return snapshotScope(snapshot, Date.parse(scope) - 1);
  let day = dayOf(scope) - 1;
  while (every === "day" && !hasDay(timeZone, day)) day--;
  return dateScope(every, day);
}

/** The scope of a coarser unit that holds the given one: the month of a day, the day of an hour. */
export function coarserScope(snapshot: SnapshotDefinition, scope: string, unit: SnapshotPeriod): string {
  if (snapshot.every !== "hour") return dateScope(unit, dayOf(scope));
  if (unit === "hour") return scope;
  return snapshotScope({ ...snapshot, every: unit }, Date.parse(scope));
}

/** Type of column `_snapshot`: where a period begins. */
export function snapshotColumnType(snapshot: SnapshotDefinition): "date" | "timestamptz" {
  return snapshot.every === "hour" ? "timestamptz" : "date";
}

/** A scope in storage form: days (`date`) or µs (`timestamptz`) since 1970-01-01. */
export function storedScope(scope: string): number | bigint {
  if (!scope.includes("T")) return dayOf(scope);
  const ms = Date.parse(scope);
  const day = Math.floor(ms / DAY_MS);
  return microsOf(day, (ms - day * DAY_MS) * 1_000);
}

/** The scope that a value of column `_snapshot`, in storage form, stands for. */
export function scopeOfStored(snapshot: SnapshotDefinition, value: number | bigint): string {
  if (snapshotColumnType(snapshot) === "date") return formatDate(Number(value));
  return new Date((Number(value) / DAY_MICROS) * DAY_MS).toISOString().replace(".000Z", "Z");
}

function dateScope(every: Exclude<SnapshotPeriod, "hour"> | SnapshotPeriod, day: number): string {
  const date = formatDate(day);
  switch (every) {
    case "week":
      // 1970-01-01 was a Thursday.
      return formatDate(day - ((((day + 3) % 7) + 7) % 7));
    case "month":
      return `${date.slice(0, 8)}01`;
    case "year":
      return `${date.slice(0, 5)}01-01`;
    default:
      return date;
  }
}

function dayOf(date: string): number {
  const [year = 0, month = 0, day = 0] = date.slice(0, 10).split("-").map(Number);
  return daysOf(year, month, day);
}

/** False for a day that never was, such as 2011-12-30 in Samoa, which moved to the other side of the date line. */
function hasDay(timeZone: string, day: number): boolean {
  const noon = day * DAY_MS + DAY_MS / 2;
  const instant = noon - offsetAt(timeZone, noon - offsetAt(timeZone, noon));
  return Math.floor((instant + offsetAt(timeZone, instant)) / DAY_MS) === day;
}
