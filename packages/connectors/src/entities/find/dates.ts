import { MONTHS } from "../dictionaries/months.ts";
import type { Find, FindContext, Finder } from "../entity.ts";
import { fullYear, isoDate, isoMonth, isoMonthDay } from "./calendar.ts";

interface DateForm {
  readonly form: RegExp;
  /** The value; undefined where it is no date after all. */
  readonly read: (parts: Record<string, string | undefined>, context: FindContext) => string | undefined;
  readonly confidence: number;
}

const MONTH = `(?<month>${[...MONTHS.keys()].toSorted((a, b) => b.length - a.length).join("|")})(?:(?<=(?<!\\p{L})(?:jan|jän|feb|febr|mar|mär|mrz|apr|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez))\\.)?`;
const YEAR = "(?<year>(?:19|20)\\d\\d)";
const DAY = "(?<day>0?[1-9]|[12]\\d|3[01])";
const BEFORE = "(?<![\\p{L}\\d./-])";
const AFTER = "(?![\\p{L}\\d]|[./-]\\d)";

/** Ways of writing dates, the most certain first. */
const FORMS: readonly DateForm[] = [
  form("(?<year>\\d{4})-(?<month>\\d\\d)-(?<day>\\d\\d)", 0.99, ymd, "(?!\\d|[.-]\\d)"),
  form("(?<year>(?:19|20)\\d\\d)/(?<month>\\d\\d?)/(?<day>\\d\\d?)", 0.95, ymd),
  form("(?<day>\\d{1,2})\\. ?(?<month>\\d{1,2})\\. ?(?<year>(?:19|20)\\d\\d|\\d\\d)", 0.95, ymd),
  form(
    "(?<first>\\d{1,2})(?<sign>[/-])(?<second>\\d{1,2})\\k<sign>(?<year>(?:19|20)\\d\\d|\\d\\d)",
    0.9,
    slashed,
  ),
  form(`${DAY}(?:st|nd|rd|th|\\.)?(?: of)?[ -]${MONTH},?[ -]${YEAR}`, 0.99, named),
  form(`${MONTH} ${DAY}(?:st|nd|rd|th)?,? ${YEAR}`, 0.99, named),
  form(`${MONTH},? ${YEAR}`, 0.9, ({ month, year }) => isoMonth(Number(year), monthOf(month))),
  form(`${DAY}(?:st|nd|rd|th|\\.)?(?: of)? ${MONTH}`, 0.85, yearless),
  form(`${MONTH} ${DAY}(?:st|nd|rd|th)?`, 0.8, yearless),
  form(`(?:Q(?<quarter>[1-4])|(?<quarterOf>[1-4])\\. Quartal) ?/?${YEAR}`, 0.95, quarter),
  form(
    `(?<=\\b(?:in|for|für|since|until|from|by|of|year|seit|bis|ab|jahr|jahre|jahres|ende|anfang|mitte|geschäftsjahr|summer|winter|spring|autumn|sommer|herbst|frühjahr)\\s)${YEAR}`,
    0.8,
    ({ year }) => year,
    "(?![\\p{L}\\d%€$£]|[.,/-]\\d|\\s?(?:EUR|USD|Euro))",
  ),
];

/** Dates, months, quarters and years. Days without a year have the value `--03-31`. */
export const findDates: Finder = (text, context) =>
  FORMS.flatMap(({ form: pattern, read, confidence }) =>
    Array.from(text.matchAll(pattern)).flatMap(({ 0: found, index, groups = {} }): Find[] => {
      const value = read(groups, context);
      if (value === undefined) return [];
      return [{ type: "date", start: index, end: index + found.length, value, confidence, by: "rules" }];
    }),
  );

function form(pattern: string, confidence: number, read: DateForm["read"], after = AFTER): DateForm {
  return { form: new RegExp(BEFORE + pattern + after, "giu"), read, confidence };
}

function ymd({ year = "", month, day }: Record<string, string | undefined>): string | undefined {
  return isoDate(fullYear(year), Number(month), Number(day));
}

function named({ year, month, day }: Record<string, string | undefined>): string | undefined {
  return isoDate(Number(year), monthOf(month), Number(day));
}

function yearless({ month, day }: Record<string, string | undefined>): string | undefined {
  return isoMonthDay(monthOf(month), Number(day));
}

/** Where one order makes no date, the other was meant. */
function slashed(
  { first, second, year = "" }: Record<string, string | undefined>,
  { dateOrder }: FindContext,
): string | undefined {
  const [day, month] = dateOrder === "dmy" ? [first, second] : [second, first];
  const whole = fullYear(year);
  return isoDate(whole, Number(month), Number(day)) ?? isoDate(whole, Number(day), Number(month));
}

function quarter({ quarter: number, quarterOf, year }: Record<string, string | undefined>): string {
  return `${year}-Q${number ?? quarterOf}`;
}

function monthOf(name = ""): number {
  return MONTHS.get(name.toLowerCase()) ?? 0;
}
