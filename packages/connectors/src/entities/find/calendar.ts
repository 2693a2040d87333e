/** `2026-03-05`; undefined where there is no such day. */
export function isoDate(year: number, month: number, day: number): string | undefined {
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate())
    return undefined;
  return `${isoMonth(year, month)}-${pad(day)}`;
}

/** `2026-03`. */
export function isoMonth(year: number, month: number): string {
  return `${String(year).padStart(4, "0")}-${pad(month)}`;
}

/** `--03-05`: a day of every year, or of one that is not said. Undefined where no year has it. */
export function isoMonthDay(month: number, day: number): string | undefined {
  return isoDate(2000, month, day) === undefined ? undefined : `--${pad(month)}-${pad(day)}`;
}

/** The year that two digits mean: 1950 to 2049. */
export function fullYear(text: string): number {
  const year = Number(text);
  if (text.length > 2) return year;
  return year < 50 ? 2000 + year : 1900 + year;
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}
