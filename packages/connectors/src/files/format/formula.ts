/** What a spreadsheet takes for a formula, with the apostrophes that were put before it. */
const FORMULA = /^'*[=+\-@\t\r]/;

/** Puts an apostrophe before a text that a spreadsheet would run, and before one that looks as if that had been done. */
export function escapeFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** Takes the apostrophe away again. */
export function unescapeFormula(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}
