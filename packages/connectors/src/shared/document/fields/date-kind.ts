import type { Notation, ReadValue, ValueKind } from "./value-kind.ts";

/** Beginnings of the names of months, in English and German, by number. */
const MONTHS: readonly (readonly string[])[] = [
  ["jan", "jän"],
  ["feb"],
  ["mar", "mär", "mrz", "maer"],
  ["apr"],
  ["may", "mai"],
  ["jun"],
  ["jul"],
  ["aug"],
  ["sep"],
  ["oct", "okt"],
  ["nov"],
  ["dec", "dez"],
];

/** A day, as YYYY-MM-DD: 2026-01-31, 31.01.2026, 01/31/2026, 31 January 2026, January 31, 2026, 31. Jan. 2026. */
export const dateKind: ValueKind = {
  name: "date",
  isText: false,
  read(words, at, notation) {
    return readNumeric((words[at] ?? "").replace(/[,;]$/, ""), notation) ?? readWritten(words, at);
  },
};

function readNumeric(text: string, { dates }: Notation): ReadValue | undefined {
  const iso = /^(\d{4})[-./](\d{1,2})[-./](\d{1,2})$/.exec(text);
  if (iso !== null) return toDate([iso[1], iso[2], iso[3]], 1, 1);
  const match = /^(\d{1,2})([-./])(\d{1,2})\2(\d{4}|\d{2})$/.exec(text);
  if (match === null) return undefined;
  const [, first = "", separator, second = "", year = ""] = match;
  if (separator === ".") return toDate([year, second, first], 1, 1);
  const sure = Number(first) > 12 || Number(second) > 12 || first === second;
  const monthFirst = Number(second) > 12 || (dates === "mdy" && Number(first) <= 12);
  const quality = sure || dates !== "auto" ? 1 : 0.6;
  return monthFirst ? toDate([year, first, second], 1, quality) : toDate([year, second, first], 1, quality);
}

function readWritten(words: readonly string[], at: number): ReadValue | undefined {
  const [a = "", b = "", c = ""] = words.slice(at, at + 3).map((word) => word.replace(/[.,]$/, ""));
  if (!/^\d{4}$/.test(c)) return undefined;
  const dayFirst = dayOf(a);
  if (dayFirst !== undefined) return toDate([c, monthOf(b), dayFirst], 3, 1);
  return toDate([c, monthOf(a), dayOf(b)], 3, 1);
}

function dayOf(text: string): string | undefined {
  return /^(\d{1,2})(st|nd|rd|th)?$/i.exec(text)?.[1];
}

function monthOf(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (lower.length < 3 || !/^\p{L}+$/u.test(lower)) return undefined;
  const month = MONTHS.findIndex((names) => names.some((name) => lower.startsWith(name)));
  return month < 0 ? undefined : String(month + 1);
}

function toDate(
  [year, month, day]: readonly (string | undefined)[],
  used: number,
  quality: number,
): ReadValue | undefined {
  if (year === undefined || month === undefined || day === undefined) return undefined;
  // Two digits are of this century, as far as bills and letters go.
  const full = year.length === 2 ? `20${year}` : year;
  const date = new Date(Date.UTC(Number(full), Number(month) - 1, Number(day)));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  const value = `${full.padStart(4, "0")}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  return { value, used, quality: year.length === 2 ? quality * 0.9 : quality };
}
