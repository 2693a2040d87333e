/** Makes one line of values. */
export type CsvLine = (values: readonly unknown[]) => string;

/** Text that spreadsheets may take for a formula, and run. */
const FORMULA = /^[\t\r ]*[=+\-@＝＋－＠]/u;
const PLAIN_NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const NEEDS_QUOTES = /[",\r\n]|^[\t ]|[\t ]$/;

/**
 * Lines of CSV as RFC 4180 has them. Null is an empty field and empty text `""`; objects are JSON.
 * Unless `raw`, text that a spreadsheet would take for a formula gets a ' before it; numbers never do.
 */
export function csvLine({ raw }: { readonly raw: boolean }): CsvLine {
  const field = (value: unknown): string => {
    if (value === null || value === undefined) return "";
    const text =
      typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
    if (text === "") return '""';
    const guarded = !raw && FORMULA.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text;
    return NEEDS_QUOTES.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
  };
  return (values) => `${values.map(field).join(",")}\r\n`;
}
