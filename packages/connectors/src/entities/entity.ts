/** Kinds of things that are found in texts, in the order in which they are reported. */
export const ENTITY_TYPES = [
  "date",
  "money",
  "number",
  "email",
  "iban",
  "vat",
  "company_number",
  "person",
  "organisation",
  "place",
] as const;

/** A kind of thing that is found in texts. */
export type EntityType = (typeof ENTITY_TYPES)[number];

/** Languages whose words and ways of writing are known. */
export type Language = "en" | "de";

/** Something that a text names. */
export interface Entity {
  readonly type: EntityType;
  /** As it stands in the text. */
  readonly text: string;
  /** Where it begins in the text, in UTF-16 units. */
  readonly start: number;
  /** Where it ends, exclusive. */
  readonly end: number;
  /**
   * In one form for all ways of writing: dates `2026-03-31` or `2026-03`, amounts and numbers plain decimals (`1234.5`),
   * identifiers without spaces and in upper case, e-mail addresses in lower case, names without titles.
   */
  readonly value: string;
  /** Money: ISO 4217 code of the currency. */
  readonly currency?: string;
  /** Places that are countries, and identifiers: ISO 3166 code of the country. */
  readonly country?: string;
  /** 0 to 1: about the share of such finds that are right. 1 where a check digit proves it. */
  readonly confidence: number;
  /** What found it: `rules`, `dictionary`, `compromise`, `wink` or `transformer`. */
  readonly by: string;
}

/** What a finder says of a text: an entity without the text, which its span gives. */
export type Find = Omit<Entity, "text">;

/** What finders are given besides the text. */
export interface FindContext {
  readonly language: Language;
  /** Order of day and month in dates such as 03/04/2026. */
  readonly dateOrder: "dmy" | "mdy";
}

/** Looks for one kind of thing, or several. */
export type Finder = (text: string, context: FindContext) => readonly Find[];
