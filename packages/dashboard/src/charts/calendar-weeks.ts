/** A day of a calendar: its date, and where it stands. */
export interface CalendarDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Column, 0 is the first week. */
  readonly week: number;
  /** Row, 0 is Monday. */
  readonly weekday: number;
}

const DAY = 86_400_000;

/**
 * The days from `from` to `to` (`YYYY-MM-DD`, both included) in weeks that begin on Monday. Dates are those of the
 * calendar, without zone or daylight saving. At most ten years.
 */
export function calendarWeeks(from: string, to: string): readonly CalendarDay[] {
  const first = Date.parse(`${from}T00:00:00Z`);
  const last = Math.min(Date.parse(`${to}T00:00:00Z`), first + 3_660 * DAY);
  const offset = weekdayOf(first);
  const days: CalendarDay[] = [];
  for (let at = first, index = 0; at <= last; at += DAY, index++)
    days.push({
      date: new Date(at).toISOString().slice(0, 10),
      week: Math.floor((index + offset) / 7),
      weekday: weekdayOf(at),
    });
  return days;
}

function weekdayOf(at: number): number {
  return (new Date(at).getUTCDay() + 6) % 7;
}
