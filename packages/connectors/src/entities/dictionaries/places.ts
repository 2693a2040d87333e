import type { Language } from "../entity.ts";
import { CITY_NAMES } from "./cities.ts";

/** Countries, cities and names of countries that people write besides the official one. */
const OTHER_COUNTRIES: Readonly<Record<Language, readonly (readonly [name: string, code: string])[]>> = {
  en: [
    ["United Kingdom", "GB"],
    ["UK", "GB"],
    ["Great Britain", "GB"],
    ["England", "GB"],
    ["Scotland", "GB"],
    ["Wales", "GB"],
    ["USA", "US"],
    ["United States of America", "US"],
    ["United States", "US"],
    ["Czech Republic", "CZ"],
    ["Netherlands", "NL"],
    ["Holland", "NL"],
    ["Turkey", "TR"],
    ["South Korea", "KR"],
  ],
  de: [
    ["USA", "US"],
    ["Großbritannien", "GB"],
    ["England", "GB"],
    ["Schottland", "GB"],
    ["Holland", "NL"],
    ["Tschechien", "CZ"],
    ["Niederlanden", "NL"],
    ["Vereinigte Staaten", "US"],
    ["Bayern", "DE"],
    ["Sachsen", "DE"],
    ["Hessen", "DE"],
    ["Baden-Württemberg", "DE"],
    ["Nordrhein-Westfalen", "DE"],
    ["Niedersachsen", "DE"],
    ["Brandenburg", "DE"],
    ["Thüringen", "DE"],
    ["Schleswig-Holstein", "DE"],
    ["Rheinland-Pfalz", "DE"],
    ["Saarland", "DE"],
    ["Tirol", "AT"],
    ["Steiermark", "AT"],
    ["Kärnten", "AT"],
    ["Vorarlberg", "AT"],
    ["Burgenland", "AT"],
  ],
};

/** Countries whose names are words, or first names, so often that they prove nothing. */
const AMBIGUOUS = new Set(["Chad", "Tschad", "Jordan", "Georgia", "Island"]);

const known = new Map<Language, ReadonlyMap<string, string | undefined>>();

/** Names of countries and cities, first in that language; countries with their ISO 3166 code. */
export function placeNames(language: Language): ReadonlyMap<string, string | undefined> {
  const other = language === "de" ? "en" : "de";
  const names = known.get(language) ?? new Map([...cities(), ...countries(other), ...countries(language)]);
  known.set(language, names);
  return names;
}

function cities(): (readonly [string, undefined])[] {
  return CITY_NAMES.map((name) => [name, undefined]);
}

function countries(language: Language): (readonly [string, string])[] {
  const names = new Intl.DisplayNames([language], { type: "region", fallback: "none" });
  const letters = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  // Codes that are given to no country have no name; those beyond are groups of countries.
  const codes = letters.flatMap((a) => letters.map((b) => a + b)).filter((code) => !GROUPS.has(code));
  const official = codes.flatMap((code) => {
    const name = names.of(code);
    return name === undefined || AMBIGUOUS.has(name) ? [] : [[name, code] as const];
  });
  return [...official, ...OTHER_COUNTRIES[language]];
}

const GROUPS = new Set(["EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"]);
