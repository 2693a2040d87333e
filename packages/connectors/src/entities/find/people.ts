import { FIRST_NAMES } from "../dictionaries/first-names.ts";
import { NOT_IN_NAMES } from "../dictionaries/words.ts";
import type { Find, Finder } from "../entity.ts";

const NAME = "\\p{Lu}\\p{L}*\\p{Ll}(?:['’-]\\p{Lu}?\\p{L}+)*";
const PARTICLE = "(?:von der|von|van der|van den|van|de la|de|del|di|zu|al|bin|Mc|O['’])";
const TITLED = new RegExp(
  `(?<![\\p{L}\\d])(?<title>(?:(?:Mr|Mrs|Ms|Miss|Sir|Dr|Prof|Professor|Herrn?|Frau|Dipl\\.-Ing|Mag|Ing)\\.?\\s(?:med\\.\\s|jur\\.\\s|rer\\.\\snat\\.\\s)?)+)` +
    `(?<name>(?:${NAME}|\\p{Lu}\\.)(?:\\s${PARTICLE}\\s${NAME}|(?:\\s(?:${NAME}|\\p{Lu}\\.)){0,2}))(?!\\p{L})`,
  "gu",
);
const NAMED = new RegExp(
  `(?<![\\p{L}\\d.@-])(?<first>${[...FIRST_NAMES].toSorted((a, b) => b.length - a.length).join("|")})(?:-\\p{Lu}\\p{Ll}+)?(?<more>(?:\\s\\p{Lu}\\.){0,2}(?:\\s(?<second>\\p{Lu}\\p{Ll}+)(?=\\s${NAME}))?\\s(?:${PARTICLE}\\s)?${NAME})(?!\\p{L})`,
  "gu",
);

/** Roles that a name follows. */
const ROLE = new RegExp(
  `(?<=(?:Kontoinhaber(?:in)?|Ansprechpartner(?:in)?|Geschäftsführer(?:in)?|Inhaber(?:in)?|Absender(?:in)?|Empfänger(?:in)?|Sachbearbeiter(?:in)?|Vorstand|gez\\.|[Cc]ontact(?: person)?|Attn\\.?|Attention|[Dd]irector|CEO|CFO|[Mm]anager|[Ss]igned by|[Aa]ccount holder|[Ss]ender|[Rr]ecipient):? )${NAME}(?:\\s(?:${PARTICLE}\\s)?${NAME}){1,2}(?!\\p{L})`,
  "gu",
);

/** People: behind a title or a role, or with a first name that the dictionary has. The value is without titles. */
export const findPeople: Finder = (text) => [...titled(text), ...named(text), ...inRole(text)];

function inRole(text: string): Find[] {
  return Array.from(text.matchAll(ROLE)).flatMap(({ 0: found, index }): Find[] => {
    const name = withoutOthers(found);
    if (!name.includes(" ")) return [];
    return [
      {
        type: "person",
        start: index,
        end: index + name.length,
        value: plain(name),
        confidence: 0.8,
        by: "rules",
      },
    ];
  });
}

function titled(text: string): Find[] {
  return Array.from(text.matchAll(TITLED)).flatMap(({ 0: found, index, groups = {} }): Find[] => {
    const { title = "", name: whole = "" } = groups;
    const name = withoutOthers(whole);
    if (name === "") return [];
    const start = index + found.length - whole.length;
    const confidence = /^(?:Mag|Ing)/.test(title) ? 0.8 : 0.93;
    return [{ type: "person", start, end: start + name.length, value: plain(name), confidence, by: "rules" }];
  });
}

function named(text: string): Find[] {
  return Array.from(text.matchAll(NAMED)).flatMap(({ 0: found, index, groups = {} }): Find[] => {
    const { second } = groups;
    // A second word is a second first name, or the surname with something else behind it.
    const twoNames = second === undefined || FIRST_NAMES.has(second);
    const whole = twoNames ? found : found.slice(0, found.indexOf(second) + second.length);
    const name = withoutOthers(whole);
    if (!/\s\S*\p{Ll}/u.test(name)) return [];
    const end = index + name.length;
    return [{ type: "person", start: index, end, value: plain(name), confidence: 0.88, by: "dictionary" }];
  });
}

/** Cuts the name where a word comes that is in no name. */
function withoutOthers(name: string): string {
  const words = name.split(/(?<=\s)/);
  const other = words.findIndex((word) => NOT_IN_NAMES.has(word.trim()));
  return (other === -1 ? name : words.slice(0, other).join("")).trim();
}

function plain(name: string): string {
  return name.replaceAll(/\s+/g, " ");
}
