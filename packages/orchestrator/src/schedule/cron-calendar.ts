import { CronDate, CronPattern } from "croner";

const DAY = 86_400_000;
const DAY_SECONDS = 86_400;
const UTC = 0;
const DAY_OPTIONS = { domAndDow: false } as const;
/** A parsed expression is small; this many are more than any project has. */
const MAX_KEPT = 5_000;

const KEPT = new Map<string, CronCalendar>();

/** The local times that a cron expression means, whatever clocks do. Days are found by croner, times within a day here. */
export class CronCalendar {
  /**
   * True where seconds, minutes and hours are all lists of times (no `*`, no `/`): then each time of a day is meant once,
   * also when clocks show it twice or jump over it. Otherwise the expression follows the clock.
   */
  readonly fixed: boolean;
  readonly #days: CronPattern;
  readonly #seconds: readonly number[];
  readonly #minutes: readonly number[];
  readonly #hours: readonly number[];
  // Between these two days, the first matching day is the second.
  #asked = 1;
  #found: number | undefined = 0;

  private constructor(expression: string) {
    const pattern = new CronPattern(expression, undefined, {
      mode: "5-or-6-parts",
      fixedTimeRule: "no-wildcard",
    });
    this.fixed = pattern.isFixedTime;
    this.#seconds = nextTable(pattern.second);
    this.#minutes = nextTable(pattern.minute);
    this.#hours = nextTable(pattern.hour);
    this.#days = daysAlone(pattern);
  }

  /** The calendar of an expression. Throws croner's error where it is none. */
  static of(expression: string): CronCalendar {
    let calendar = KEPT.get(expression);
    if (calendar === undefined) {
      calendar = new CronCalendar(expression);
      if (KEPT.size >= MAX_KEPT) KEPT.clear();
      KEPT.set(expression, calendar);
    }
    return calendar;
  }

  /** The first local time after `wall`, both as ms since 1970 on a clock that shows it; undefined if there is none. */
  next(wall: number): number | undefined {
    const after = Math.floor(wall / 1_000) + 1;
    const day = Math.floor(after / DAY_SECONDS);
    const first = this.#dayFrom(day);
    if (first === day) {
      const second = this.#secondFrom(after - day * DAY_SECONDS);
      if (second !== undefined) return day * DAY + second * 1_000;
    }
    const later = first === day ? this.#dayFrom(day + 1) : first;
    return later === undefined ? undefined : later * DAY + (this.#secondFrom(0) ?? 0) * 1_000;
  }

  #dayFrom(day: number): number | undefined {
    if (day >= this.#asked && (this.#found === undefined || day <= this.#found)) return this.#found;
    const before = new CronDate(new Date(day * DAY - 1_000), UTC);
    const found = before.increment(this.#days, DAY_OPTIONS, false);
    this.#asked = day;
    this.#found = found === null ? undefined : Math.floor(found.getTime() / DAY);
    return this.#found;
  }

  #secondFrom(second: number): number | undefined {
    const hour = Math.floor(second / 3_600);
    const minute = Math.floor(second / 60) % 60;
    const [firstMinute = 0, firstSecond = 0] = [this.#minutes[0], this.#seconds[0]];
    if (this.#hours[hour] === hour) {
      const within = this.#seconds[second % 60];
      if (this.#minutes[minute] === minute && within !== undefined && within >= 0)
        return hour * 3_600 + minute * 60 + within;
      const later = this.#minutes[minute + 1] ?? -1;
      if (later >= 0) return hour * 3_600 + later * 60 + firstSecond;
    }
    const later = this.#hours[hour + 1] ?? -1;
    return later < 0 ? undefined : later * 3_600 + firstMinute * 60 + firstSecond;
  }
}

/** For each value the first allowed one from it on, or -1. */
function nextTable(allowed: readonly number[]): number[] {
  const table: number[] = Array(allowed.length).fill(-1);
  let next = -1;
  for (let value = allowed.length - 1; value >= 0; value--) {
    if (allowed[value] === 1) next = value;
    table[value] = next;
  }
  return table;
}

/** The pattern with midnight for its time. */
function daysAlone(pattern: CronPattern): CronPattern {
  for (const times of [pattern.second, pattern.minute, pattern.hour]) {
    times.fill(0);
    times[0] = 1;
  }
  // Ten thousand years, 80 kB, which only patterns with a year field look at.
  pattern.year = [];
  return pattern;
}
