import { LEGAL_FORMS } from "../dictionaries/legal-forms.ts";
import { NOT_IN_NAMES } from "../dictionaries/words.ts";
import type { Find, Finder } from "../entity.ts";

const FORM = new RegExp(
  `(?<=[\\p{L}\\d).&] )(?:${LEGAL_FORMS.map((form) => form.replaceAll(/[().]/g, String.raw`\$&`)).join("|")})(?![\\p{L}\\d-])`,
  "gu",
);
/** Words within names that have no capital letter. */
const WITHIN = new Set(["&", "und", "and", "+"]);
const FORMS = new Set(LEGAL_FORMS);
const CAPITAL = /^[\p{Lu}\d][\p{L}\d.&'’/-]*$/u;
const MOST_WORDS = 6;

const INSTITUTION =
  /\b(?:(?:(?:Technische|Freie|Medizinische) )?Universität(?: \p{Lu}\p{L}+)+|(?:Hochschule|Stadtwerke|Landeshauptstadt|(?:Amts|Land|Handels)gericht|Finanzamt|Handelskammer|Klinikum|Sparkasse|Volksbank|Bundesamt für|Ministerium für|Institut für|Stiftung) \p{Lu}\p{L}+(?:-\p{Lu}\p{L}+)*|(?:University|Bank|Ministry|Department|Institute|Museum|Bureau) of (?:the )?\p{Lu}\p{L}+(?: (?:and )?\p{Lu}\p{L}+)*|(?!(?:The|A|An|Our|This|In|At|Die|Der|Das) )(?:\p{Lu}\p{L}+ )+(?:University|Foundation|Institute|Hospital|Museum|Bank|Council|Association|Agency))(?!\p{L})/gu;

/** Names that end with the form of a company, and institutions. */
export const findOrganisations: Finder = (text) => [...companies(text), ...institutions(text)];

function companies(text: string): Find[] {
  return Array.from(text.matchAll(FORM)).flatMap(({ 0: form, index }): Find[] => {
    const start = nameStart(text, index);
    if (start === undefined) return [];
    const end = index + form.length;
    const weak = /^(?:Company|AB|SE|Co\.)$/.test(form);
    const value = text.slice(start, end).replaceAll(/\s+/g, " ");
    return [{ type: "organisation", start, end, value, confidence: weak ? 0.7 : 0.95, by: "rules" }];
  });
}

/** Goes back word by word while they can belong to the name; undefined where none does. */
function nameStart(text: string, form: number): number | undefined {
  let start: number | undefined;
  let at = form - 1;
  for (let words = 0; words < MOST_WORDS; words++) {
    const from = text.lastIndexOf(" ", at - 1) + 1;
    const line = text.lastIndexOf("\n", at - 1) + 1;
    const begin = Math.max(from, line);
    const word = text.slice(begin, at).replace(/^[("„“']/, "");
    if (word === "" || /[,;:!?)]$/.test(word) || (/\p{Ll}{2}\.$/u.test(word) && words > 0)) break;
    const joins = WITHIN.has(word);
    if (!joins && (!CAPITAL.test(word) || NOT_IN_NAMES.has(word) || FORMS.has(word))) break;
    if (!joins) start = at - word.length;
    if (begin === line) break;
    at = begin - 1;
  }
  return start;
}

function institutions(text: string): Find[] {
  return Array.from(text.matchAll(INSTITUTION)).flatMap(({ 0: found, index }): Find[] => {
    const [first = ""] = found.split(" ", 1);
    const skip = NOT_IN_NAMES.has(first) ? first.length + 1 : 0;
    const start = index + skip;
    const value = found.slice(skip);
    if (!value.includes(" ")) return [];
    const end = index + found.length;
    return [{ type: "organisation", start, end, value, confidence: 0.8, by: "rules" }];
  });
}
