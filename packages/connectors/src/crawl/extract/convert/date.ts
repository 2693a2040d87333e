import type { Convert, Place } from "../field.ts";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAY_MS = 86_400_000;
const AGO =
  /(\d+|an?)\s*(second|minute|min|hour|hr|day|week|month|year)s?\s+ago|(\d+)\s*(秒|分鐘|分钟|小時|小时|日|天|星期|週|周|個月|个月|年)\s*前/i;
const UNIT_MS: Readonly<Record<string, number>> = {
  second: 1_000,
  秒: 1_000,
  minute: 60_000,
  min: 60_000,
  分鐘: 60_000,
  分钟: 60_000,
  hour: 3_600_000,
  hr: 3_600_000,
  小時: 3_600_000,
  小时: 3_600_000,
  day: DAY_MS,
  日: DAY_MS,
  天: DAY_MS,
  week: 7 * DAY_MS,
  星期: 7 * DAY_MS,
  週: 7 * DAY_MS,
  周: 7 * DAY_MS,
};
const UNIT_MONTHS: Readonly<Record<string, number>> = { month: 1, 個月: 1, 个月: 1, year: 12, 年: 12 };

/** How a text writes its dates. */
export interface DateFormat {
  /** Of `05/04/2026`, which one is the day. Default `day`. */
  readonly first?: "day" | "month";
  /** Hours that the site is ahead of UTC, for "today" and "3 hours ago". Default 0. */
  readonly utcOffsetHours?: number;
}

/**
 * The first date of a text as `YYYY-MM-DD`: `2026-11-20`, `20/11/2026`, `20 November 2026`, `Nov 20, 2026`, `2026年11月20日`,
 * `3 days ago`, `昨日`. Null where there is none.
 */
export const date: Convert = Object.assign((value: string, place: Place) => readDate(value, place, {}), {
  columnType: "date" as const,
});

/** `date` for texts whose way of writing is known. */
export function dateIn(format: DateFormat): Convert {
  return Object.assign((value: string, place: Place) => readDate(value, place, format), {
    columnType: "date" as const,
  });
}

function readDate(value: string, place: Place, format: DateFormat): string | null {
  const text = value.normalize("NFKC");
  return writtenDate(text, format) ?? relativeDate(text, place, format);
}

function writtenDate(text: string, { first = "day" }: DateFormat): string | null {
  const iso =
    /(?<!\d)(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?!\d)/.exec(text) ??
    /(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)/.exec(text);
  if (iso !== null) return ymd(iso[1], iso[2], iso[3]);
  const local = /(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)/.exec(text);
  if (local !== null) {
    return first === "day" ? ymd(local[3], local[2], local[1]) : ymd(local[3], local[1], local[2]);
  }
  const named = /(?<!\d)(\d{1,2})(?:st|nd|rd|th)?\s+([a-z]{3,9})\.?,?\s+(\d{4})(?!\d)/i.exec(text);
  if (named !== null) return ymd(named[3], monthOf(named[2]), named[1]);
  const american = /([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)/i.exec(text);
  return american === null ? null : ymd(american[3], monthOf(american[1]), american[2]);
}

function relativeDate(text: string, { page }: Place, { utcOffsetHours = 0 }: DateFormat): string | null {
  const here = page.fetchedAt + utcOffsetHours * 3_600_000;
  if (/今日|今天|剛剛|刚刚|just now|\btoday\b/i.test(text)) return dayOf(here);
  if (/昨日|昨天|\byesterday\b/i.test(text)) return dayOf(here - DAY_MS);
  if (/前日|前天/.test(text)) return dayOf(here - 2 * DAY_MS);
  const ago = AGO.exec(text);
  if (ago === null) return null;
  const count = /^an?$/i.test(ago[1] ?? "") ? 1 : Number(ago[1] ?? ago[3]);
  const unit = (ago[2] ?? ago[4] ?? "").toLowerCase();
  const ms = UNIT_MS[unit];
  if (ms !== undefined) return dayOf(here - count * ms);
  const then = new Date(here);
  const day = then.getUTCDate();
  then.setUTCDate(1);
  then.setUTCMonth(then.getUTCMonth() - count * (UNIT_MONTHS[unit] ?? 0));
  const last = new Date(Date.UTC(then.getUTCFullYear(), then.getUTCMonth() + 1, 0)).getUTCDate();
  then.setUTCDate(Math.min(day, last));
  return dayOf(then.getTime());
}

function monthOf(name: string | undefined): string {
  return String(MONTHS.indexOf((name ?? "").slice(0, 3).toLowerCase()) + 1);
}

/** Null for days that no calendar has. */
function ymd(year: string | undefined, month: string | undefined, day: string | undefined): string | null {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  const time = new Date(Date.UTC(y, m - 1, d));
  if (time.getUTCMonth() !== m - 1 || time.getUTCDate() !== d) return null;
  return dayOf(time.getTime());
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
