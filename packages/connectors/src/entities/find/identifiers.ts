import type { Find, Finder } from "../entity.ts";
import { COMPANY_NUMBERS } from "../identifiers/company-number.ts";
import { ibanLength, isIban } from "../identifiers/iban.ts";
import { isVat, VAT_PREFIXES } from "../identifiers/vat.ts";

const IBAN_START = /(?<![A-Z0-9])[A-Z]{2}\s?\d{2}(?=[ \u00A0]?[A-Z0-9])/g;
const VAT = new RegExp(
  `(?<![A-Z0-9])(?:${VAT_PREFIXES.join("|")})[-\\s]?[A-Z0-9](?:[. \\u00A0-]?[A-Z0-9]){6,13}(?![A-Za-z0-9])(?:(?<=CHE.*) (?:MWST|TVA|IVA))?`,
  "g",
);

/** IBANs with right check digits, in groups or not. */
export const findIbans: Finder = (text) => {
  const found: Find[] = [];
  for (const { 0: head, index } of text.matchAll(IBAN_START)) {
    const country = head.slice(0, 2);
    const end = endOfCharacters(text, index, ibanLength(country));
    if (end === undefined) continue;
    const value = text.slice(index, end).replaceAll(/\s/g, "");
    if (isIban(value))
      found.push({ type: "iban", start: index, end, value, country, confidence: 1, by: "rules" });
  }
  return found;
};

/** VAT numbers with right check digits. */
export const findVats: Finder = (text) =>
  Array.from(text.matchAll(VAT)).flatMap(({ 0: found, index }) => {
    const swiss = found.startsWith("CHE");
    // In Switzerland it is the number of the company, with three letters behind it.
    const taxed = swiss && / (?:MWST|TVA|IVA)$/.test(found);
    const whole = taxed && isVat(compact(found.slice(0, -4).trim())) ? found : longestVat(found);
    if (whole === undefined || (swiss && !taxed)) return [];
    const value = compact(whole);
    const country = value.startsWith("CHE") ? "CH" : value.slice(0, 2);
    return [
      {
        type: "vat" as const,
        start: index,
        end: index + whole.length,
        value,
        country,
        confidence: 1,
        by: "rules",
      },
    ];
  });

/** Numbers of companies' registers: with a right check digit, or behind their label where they have none. */
export const findCompanyNumbers: Finder = (text) =>
  COMPANY_NUMBERS.flatMap(({ form, check, country }) =>
    Array.from(text.matchAll(form)).flatMap(({ 0: whole, index, groups }) => {
      const number = groups?.["number"] ?? "";
      const value = compact(number).replace(/NR(?=\d)/, "");
      if (check !== undefined && !check(value)) return [];
      const start = index + whole.lastIndexOf(number);
      const confidence = check === undefined ? 0.9 : 1;
      const end = start + number.length;
      const where = country === undefined ? {} : { country };
      return [{ type: "company_number" as const, start, end, value, ...where, confidence, by: "rules" }];
    }),
  );

/** Where so many letters and digits end, with single spaces between them; undefined where there are fewer. */
function endOfCharacters(text: string, start: number, length: number | undefined): number | undefined {
  if (length === undefined) return undefined;
  let left = length;
  let at = start;
  for (; at < text.length && left > 0; at++) {
    const character = text[at] ?? "";
    if (/[A-Z0-9]/.test(character)) left -= 1;
    else if (!/[ \u00A0]/.test(character) || /\s/.test(text[at + 1] ?? " ")) return undefined;
  }
  return left > 0 || /[A-Za-z0-9]/.test(text[at] ?? "") ? undefined : at;
}

/** What follows a number in the text may look like a part of it: `DE136695976 24 pieces`. */
function longestVat(found: string): string | undefined {
  for (let whole = found; whole.length > 8; whole = whole.slice(0, -1).replace(/[^A-Z0-9]+$/, "")) {
    const next = found[whole.length];
    if ((next === undefined || !/[A-Z0-9]/.test(next)) && isVat(compact(whole))) return whole;
  }
  return undefined;
}

function compact(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9]/g, "").toUpperCase();
}
