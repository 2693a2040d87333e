import { formatDate, MillraceError } from "@millrace/core";
import { instantOf } from "./instant-of.ts";
import { ZoneClock } from "./zone-clock.ts";

/** What a range is cut into. Weeks begin on Monday. */
export type PartitionUnit = "hour" | "day" | "week" | "month" | "year";

/** A time range, and how it is cut. */
export interface PartitionRange {
  /** Its beginning: `2026-01-01`, `2026-01-01T06:00`, `2026-01`, a `Date`, or ms since 1970. */
  readonly from: string | number | Date;
  /** Its end, which is not part of it. */
  readonly to: string | number | Date;
  readonly by: PartitionUnit;
  /** IANA time zone in which days begin, and in which texts without an offset are meant. Default `UTC`. */
  readonly timeZone?: string;
}

/** A part of a range that is done on its own. */
export interface Partition {
  /**
   * `2026`, `2026-03`, `2026-W13` (ISO 8601), `2026-03-29`; an hour is named by the UTC time at which it begins,
   * `2026-03-29T01:00Z`, because clocks may show it twice. Names of one unit sort as text in the order of time.
   */
  readonly name: string;
  /** Its first instant, in ms since 1970. */
  readonly startMs: number;
  /** The first instant after it: where the next one begins. */
  readonly endMs: number;
}

/** What a backfill has at most: more are a mistake in the range. */
const MOST = 100_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

/**
 * Cuts a range into whole partitions: all that have a part in it, in the order of time, without gaps.
 *
 * Days are as long as they are in the time zone, 23 to 25 hours where clocks are set; one that never was is left out.
 * An hour ends where clocks show the next one, or are set within it.
 * @throws MLR_ARGUMENT_INVALID where a text is no time, the range is empty, or it has more than 100,000 partitions
 */
export function partitionsOf({ from, to, by, timeZone = "UTC" }: PartitionRange): Partition[] {
  const start = instantOf(from, timeZone, "from");
  const end = instantOf(to, timeZone, "to");
  if (start >= end) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `The range from ${String(from)} to ${String(to)} is empty`,
      {
        hint: "The end is not part of the range: for one day, name the day after it.",
      },
    );
  }
  const partitions: Partition[] = [];
  for (let at = start; at < end;) {
    if (partitions.length === MOST) throw tooMany(by);
    const partition = by === "hour" ? hourAt(at, timeZone) : daysAt(at, by, timeZone);
    partitions.push(partition);
    at = partition.endMs;
  }
  return partitions;
}

function tooMany(by: PartitionUnit): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", `The range has more than ${MOST} partitions by ${by}`, {
    hint: "Take a shorter range, or longer partitions.",
  });
}

function hourAt(ms: number, timeZone: string): Partition {
  const clock = ZoneClock.of(timeZone);
  const startMs = hourBegin(clock, ms);
  let stretch = clock.stretchAt(ms);
  let endMs = fullHourAfter(ms, stretch.offset);
  while (endMs >= stretch.end) {
    // Clocks may be set here: to another hour, or back into this one by less than an hour.
    const next = hourBegin(clock, stretch.end);
    if (next > startMs) return hour(startMs, next);
    const { end } = stretch;
    stretch = clock.stretchAt(end);
    endMs = fullHourAfter(end, stretch.offset);
  }
  return hour(startMs, endMs);
}

/** As `snapshotScope` has it: where clocks were set within the hour, it began by the clock of before. */
function hourBegin(clock: ZoneClock, ms: number): number {
  const { offset } = clock.stretchAt(ms);
  const wall = Math.floor((ms + offset) / HOUR) * HOUR;
  return wall - clock.stretchAt(wall - offset).offset;
}

function hour(startMs: number, endMs: number): Partition {
  return { name: `${new Date(startMs).toISOString().slice(0, 16)}Z`, startMs, endMs };
}

function fullHourAfter(ms: number, offset: number): number {
  return (Math.floor((ms + offset) / HOUR) + 1) * HOUR - offset;
}

/** A day, or several that are one partition. */
function daysAt(ms: number, by: Exclude<PartitionUnit, "hour">, timeZone: string): Partition {
  const clock = ZoneClock.of(timeZone);
  const first = firstDay(Math.floor(clock.furthestAt(ms) / DAY), by);
  return {
    name: nameOf(first, by),
    startMs: clock.firstInstantOf(first * DAY),
    endMs: clock.firstInstantOf(firstAfter(first, by) * DAY),
  };
}

/** The first day (since 1970) of the partition that a day is in. */
function firstDay(day: number, by: PartitionUnit): number {
  const date = formatDate(day);
  if (by === "week") return day - weekday(day);
  if (by === "month") return dayOf(`${date.slice(0, 7)}-01`);
  return by === "year" ? dayOf(`${date.slice(0, 4)}-01-01`) : day;
}

function firstAfter(first: number, by: PartitionUnit): number {
  if (by === "day") return first + 1;
  if (by === "week") return first + 7;
  // Some day of the next month or year, whichever month or year it is.
  return firstDay(first + (by === "month" ? 31 : 366), by);
}

function nameOf(first: number, by: PartitionUnit): string {
  const date = formatDate(first);
  if (by === "day") return date;
  if (by !== "week") return date.slice(0, by === "month" ? 7 : 4);
  // A week belongs to the year of its Thursday.
  const year = formatDate(first + 3).slice(0, 4);
  const week = Math.floor((first + 3 - dayOf(`${year}-01-01`)) / 7) + 1;
  return `${year}-W${String(week).padStart(2, "0")}`;
}

/** 0 for Monday. 1970-01-01 was a Thursday. */
function weekday(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

function dayOf(date: string): number {
  return Date.parse(date) / DAY;
}
