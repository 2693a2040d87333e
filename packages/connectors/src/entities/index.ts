import { parseOptions, type Transform } from "@millrace/core";
import { entitiesOptions, type EntitiesOptions } from "./options.ts";
import { entitiesTransform } from "./entities-transform.ts";

export { ENTITY_TYPES, type Entity, type EntityType } from "./entity.ts";
export { evaluateEntities, type Evaluation, type TypeScore } from "./evaluate/evaluate-entities.ts";
export { type LabelledText, readLabelledSet } from "./evaluate/labelled-set.ts";
export { findEntities } from "./find-entities.ts";
export type { EntitiesOptions, FindOptions } from "./options.ts";

/**
 * Puts what a column of text or HTML names into a JSON column: dates, money, numbers, e-mail addresses, identifiers, people,
 * organisations and places, each with its span, its value in one form, and how sure it is. `unnest` makes a table of them.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; a run with MLR_DRIVER_MISSING.
 * @example entities({ column: "body", types: ["person", "organisation"] })
 */
export function entities(options: EntitiesOptions): Transform {
  return entitiesTransform(parseOptions(entitiesOptions, options, "entities()"));
}
