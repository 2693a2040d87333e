import type { Find, Finder, Language } from "../entity.ts";
import { plainDecimal, SCALE_WORDS, scaled, WRITTEN_NUMBER } from "./decimal.ts";

const NUMBER = new RegExp(
  `(?<![\\p{L}\\d_#+/:@.,-])(?<minus>[-−])?(?<number>${WRITTEN_NUMBER})(?:[ \\u00A0](?<scale>${SCALE_WORDS})(?!\\p{L}))?` +
    "(?![\\p{L}\\d_@/:]|[.,-][\\p{L}\\d]|\\.\\d)(?:[ \\u00A0]?%)?",
  "giu",
);

const WORDS: Readonly<Record<Language, string>> = {
  en: "two three four five six seven eight nine ten eleven twelve",
  de: "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
};
/** `12345 Leipzig`, `Musterstraße 12`, `Building 4`, `Seite 3`, `Nr. 17`: digits that count nothing. */
const NAME_BEFORE =
  /(?:straße|strasse|str\.|weg|platz|gasse|allee|ring|street|road|avenue|lane|drive|no\.|nr\.|nummer|number|page|seite|room|raum|suite|floor|building|gate|line|tel\.?|phone|fax|telefon|box|gleis|halle|tor|terminal|platform|track|§|art\.|absatz|section|chapter|kapitel|version)[:\s]*$/iu;
const NAME_BEHIND =
  /^(?:st|nd|rd|th|\.)?[ \u00A0](?:(?:\p{Lu}\p{L}+ ){1,3}(?:Road|Street|St|Avenue|Ave|Lane|Drive|Way|Square|Close|Court|Place|Boulevard)(?!\p{L})|(?:Uhr|[ap]\.?m\.?|o['’]clock)(?!\p{L}))/iu;
const PLACE_BEHIND = /^ \p{Lu}\p{Ll}{2,}/u;

/** Counts, measures and shares. Numbers of houses, pages, telephones and the like are none; nor are postal codes. */
export const findNumbers: Finder = (text, { language }) => [
  ...Array.from(text.matchAll(NUMBER)).flatMap(({ 0: found, index, groups = {} }): Find[] => {
    const { minus, number = "", scale } = groups;
    const end = index + found.length;
    const decimal = plainDecimal(number, language);
    if (decimal === undefined || isName(text, { index, end, number })) return [];
    const value = `${minus === undefined ? "" : "-"}${scaled(decimal, scale, language)}`;
    return [{ type: "number", start: index, end, value, confidence: confidenceOf(number), by: "rules" }];
  }),
  ...numberWords(text, language),
];

function isName(
  text: string,
  { index, end, number }: { readonly index: number; readonly end: number; readonly number: string },
): boolean {
  const before = text.slice(Math.max(0, index - 20), index);
  if (NAME_BEFORE.test(before) || NAME_BEHIND.test(text.slice(end, end + 60)) || /^0\d/.test(number))
    return true;
  // Postal codes: German with five digits, Austrian and Swiss with four.
  if (
    /^\d{4,5}$/.test(number) &&
    PLACE_BEHIND.test(text.slice(end)) &&
    /(?:^|,|\n|\bin|\b[AD]-)\s*$/.test(before)
  )
    return true;
  return /\d\s$/.test(before) || /^\s\d/.test(text.slice(end));
}

/** Four digits may be a year, and many digits the number of something. */
function confidenceOf(number: string): number {
  if (/^(19|20)\d\d$/.test(number)) return 0.4;
  return /^\d{6,}$/.test(number) ? 0.45 : 0.85;
}

function numberWords(text: string, language: Language): Find[] {
  const words = WORDS[language].split(" ");
  const pattern = new RegExp(`(?<![\\p{L}-])(?:${words.join("|")})(?![\\p{L}-])`, "giu");
  return Array.from(text.matchAll(pattern), ({ 0: found, index }) => ({
    type: "number",
    start: index,
    end: index + found.length,
    value: String(words.indexOf(found.toLowerCase()) + 2),
    confidence: 0.75,
    by: "dictionary",
  }));
}
