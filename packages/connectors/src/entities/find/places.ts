import { placeNames } from "../dictionaries/places.ts";
import type { Find, Finder, Language } from "../entity.ts";

const POSTAL =
  /(?<=(?:^|[\s,])(?:[AD]-|CH-)?\d{4,5} )\p{Lu}\p{L}+(?:[ -](?:am|an der|im|ob der|\p{Lu}\p{L}+))*/gu;
/** Names that are words as well: they count behind a preposition. */
const WORDS = new Set(["Zug", "Nice", "Bath", "Hull", "Essen", "Halle", "Phoenix", "Man", "Trier"]);
const BEFORE_PLACE = /(?:^|[\s(])(?:in|from|to|near|aus|nach|bei|of|\d{4,5}) $/;
const patterns = new Map<Language, RegExp>();

/** Countries, regions and cities that the dictionary has, and what stands behind a postal code. */
export const findPlaces: Finder = (text, { language }) => {
  const names = placeNames(language);
  const known = Array.from(text.matchAll(patternOf(language))).flatMap(({ 0: found, index }): Find[] => {
    if (WORDS.has(found) && !BEFORE_PLACE.test(text.slice(Math.max(0, index - 8), index))) return [];
    const country = names.get(found);
    const end = index + found.length;
    const where = country === undefined ? {} : { country };
    return [{ type: "place", start: index, end, value: found, ...where, confidence: 0.85, by: "dictionary" }];
  });
  if (language !== "de") return known;
  const postal = Array.from(text.matchAll(POSTAL), ({ 0: found, index }): Find => {
    const end = index + found.length;
    return { type: "place", start: index, end, value: found, confidence: 0.8, by: "rules" };
  });
  return [...known, ...postal];
};

function patternOf(language: Language): RegExp {
  const made = patterns.get(language) ?? new RegExp(sourceOf(language), "gu");
  patterns.set(language, made);
  return made;
}

function sourceOf(language: Language): string {
  const names = [...placeNames(language).keys()].toSorted((a, b) => b.length - a.length);
  const escaped = names.map((name) => name.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  return `(?<![\\p{L}\\d@.-])(?:${escaped.join("|")})(?![\\p{L}\\d@-])`;
}
