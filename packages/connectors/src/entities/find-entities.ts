import { parseOptions } from "@millrace/core";
import { findByCompromise } from "./engines/compromise.ts";
import { findByTransformer } from "./engines/transformer.ts";
import { findByWink } from "./engines/wink.ts";
import type { Entity, EntityType, Find, FindContext, Finder } from "./entity.ts";
import { findDates } from "./find/dates.ts";
import { findEmails } from "./find/email.ts";
import { findCompanyNumbers, findIbans, findVats } from "./find/identifiers.ts";
import { findMoney } from "./find/money.ts";
import { findNumbers } from "./find/numbers.ts";
import { findOrganisations } from "./find/organisations.ts";
import { findPeople } from "./find/people.ts";
import { findPlaces } from "./find/places.ts";
import { languageOf } from "./language.ts";
import { findOptions, type FindOptions, type ResolvedFindOptions } from "./options.ts";
import { partsOf } from "./parts-of.ts";
import { withoutOverlaps } from "./without-overlaps.ts";

const FINDERS: readonly Finder[] = [
  findEmails,
  findIbans,
  findVats,
  findCompanyNumbers,
  findDates,
  findMoney,
  findOrganisations,
  findPeople,
  findPlaces,
  findNumbers,
];

/**
 * Finds dates, money, numbers, e-mail addresses, identifiers, people, organisations and places in an English or German text,
 * none overlapping another, in the order of the text. Fails with MLR_OPTION_UNKNOWN, MLR_ARGUMENT_INVALID or
 * MLR_DRIVER_MISSING.
 */
export async function findEntities(text: string, options: FindOptions = {}): Promise<Entity[]> {
  return findWith(text, parseOptions(findOptions, options, "findEntities()"));
}

/** As `findEntities`, with options that are checked. */
export async function findWith(text: string, options: ResolvedFindOptions): Promise<Entity[]> {
  const language = options.language === "auto" ? languageOf(text) : options.language;
  const context: FindContext = { language, dateOrder: options.dateOrder };
  const wanted = new Set<EntityType>(options.types);
  const found: Entity[] = [];
  for (const { part, at } of partsOf(text)) {
    // All kinds are looked for: what is a date must not be taken for a number where only numbers are wanted.
    const finds = [
      ...FINDERS.flatMap((find) => find(part, context)),
      ...(await byEngines(part, context, options)),
    ];
    const sure = finds.filter(({ confidence }) => confidence >= options.minConfidence);
    for (const find of withoutOverlaps(sure)) {
      if (wanted.has(find.type)) found.push(placed(find, part, at));
    }
  }
  return found;
}

async function byEngines(
  text: string,
  { language }: FindContext,
  { engines, transformer }: ResolvedFindOptions,
): Promise<Find[]> {
  const english = language === "en";
  const found: Find[] = [];
  if (english && engines.includes("wink")) found.push(...(await findByWink(text)));
  if (english && engines.includes("compromise")) found.push(...(await findByCompromise(text)));
  if (transformer !== undefined) found.push(...(await findByTransformer(text, transformer)));
  return found;
}

function placed({ type, start, end, ...rest }: Find, part: string, at: number): Entity {
  return { type, text: part.slice(start, end), start: start + at, end: end + at, ...rest };
}
