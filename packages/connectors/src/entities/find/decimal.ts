import type { Language } from "../entity.ts";

/** Digits as people write them: with groups of three, and decimals. A source of a regular expression. */
export const WRITTEN_NUMBER =
  "(?:\\d{1,3}(?:[.,'’ \\u00A0\\u202F]\\d{3})+(?:[.,]\\d{1,4})?|\\d+(?:[.,]\\d+)?)(?!\\d)";

/** What words and short forms multiply by, as a power of ten. */
const SCALES: Readonly<Record<Language, Readonly<Record<string, number>>>> = {
  en: {
    k: 3,
    thousand: 3,
    m: 6,
    mn: 6,
    million: 6,
    millions: 6,
    bn: 9,
    billion: 9,
    billions: 9,
    trillion: 12,
  },
  de: {
    tsd: 3,
    tausend: 3,
    mio: 6,
    million: 6,
    millionen: 6,
    mrd: 9,
    milliarde: 9,
    milliarden: 9,
    billion: 12,
    billionen: 12,
  },
};

/** Words that multiply a number, in both languages. A source of a regular expression. */
export const SCALE_WORDS =
  "(?:thousand|trillion|billions?|millions?|bn|mn|tsd\\.?|tausend|mio\\.?|millionen|mrd\\.?|milliarden?|billionen|[km](?![\\p{L}\\d²³]))";

/**
 * A number as a plain decimal: `1.234,50` → `1234.5`. What may be a group or decimals (`1.234`) is read as the language has
 * it, or as a group where three decimals are more than `decimals`. Undefined where the signs contradict each other.
 */
export function plainDecimal(
  written: string,
  language: Language,
  { decimals: most = Infinity }: { readonly decimals?: number } = {},
): string | undefined {
  const text = written.replaceAll(/[\s\u00A0\u202F'’]/g, "");
  const last = text[Math.max(text.lastIndexOf("."), text.lastIndexOf(","))];
  if (last === undefined) return trimmed(text, "");
  const other = last === "." ? "," : ".";
  const parts = text.split(last);
  const decimals = parts.at(-1) ?? "";
  const whole = parts.slice(0, -1).join("");
  if (text.includes(other))
    return parts.length === 2 ? trimmed(whole.replaceAll(other, ""), decimals) : undefined;
  if (areGroups(parts, most < 3 || last === (language === "de" ? "." : ",")))
    return trimmed(whole + decimals, "");
  return parts.length > 2 ? undefined : trimmed(whole, decimals);
}

/** Whether what the sign parts are groups of three. One sign alone, as in `1.234`, is one of groups where that is `usual`. */
function areGroups([first = "", ...rest]: readonly string[], usual: boolean): boolean {
  return (rest.length > 1 || usual) && first !== "0" && rest.every((part) => part.length === 3);
}

/** A plain decimal times what a word says, such as `Mio.`. */
export function scaled(decimal: string, word: string | undefined, language: Language): string {
  const key = word?.toLowerCase().replace(".", "") ?? "";
  const other = language === "de" ? "en" : "de";
  const zeros = SCALES[language][key] ?? SCALES[other][key] ?? 0;
  const [whole = "", decimals = ""] = decimal.split(".");
  const moved = decimals.padEnd(zeros, "0");
  return trimmed(whole + moved.slice(0, zeros), moved.slice(zeros));
}

function trimmed(whole: string, decimals: string): string {
  const kept = decimals.replace(/0+$/, "");
  const front = whole.replace(/^0+(?=\d)/, "") || "0";
  return kept === "" ? front : `${front}.${kept}`;
}
