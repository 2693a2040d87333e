import type { EntityType, Find } from "../entity.ts";
import { NOT_IN_NAMES } from "../dictionaries/words.ts";
import { missingPackage } from "./missing-package.ts";

type Compromise = (typeof import("compromise"))["default"];

let loading: Promise<Compromise> | undefined;

interface Phrase {
  readonly text: string;
  readonly offset: { readonly start: number; readonly length: number };
}

/** How sure its finds are: it knows first names well, and guesses organisations. */
const CONFIDENCE: Partial<Record<EntityType, number>> = { person: 0.7, organisation: 0.55, place: 0.65 };
const TITLE = /^(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|President|Judge|Captain)\.?\s+)+/;

/** People, organisations and places in English texts. Fails with MLR_DRIVER_MISSING. */
export async function findByCompromise(text: string): Promise<Find[]> {
  loading ??= load();
  const parsed = (await loading)(text);
  const found: Find[] = [];
  for (const [type, phrases] of [
    ["person", parsed.people()],
    ["organisation", parsed.organizations()],
    ["place", parsed.places()],
  ] as const) {
    for (const phrase of phrases.json({ offset: true }) as Phrase[]) {
      const find = fitted(text, phrase, type);
      if (find !== undefined) found.push(find);
    }
  }
  return found;
}

/** Signs and titles around a name are cut off, and what has no capital letter is no name. */
function fitted(text: string, { offset }: Phrase, type: EntityType): Find | undefined {
  const whole = text.slice(offset.start, offset.start + offset.length);
  const lead = /^[^\p{L}\d]*/u.exec(whole)?.[0] ?? "";
  let name = whole.slice(lead.length).replace(/(?:['’]s?)?[^\p{L}\d]*$/u, "");
  let start = offset.start + lead.length;
  const title = type === "person" ? (TITLE.exec(name)?.[0] ?? "") : (/^(?:the|The)\s+/.exec(name)?.[0] ?? "");
  name = name.slice(title.length);
  start += title.length;
  const words = name.split(/\s+/);
  // Over the end of a line or a list there are several names.
  if (name.length < 2 || /[\n,;]/.test(name) || !/^\p{Lu}/u.test(name)) return undefined;
  if (words.length === 1 && (NOT_IN_NAMES.has(name) || type === "person")) return undefined;
  const confidence = CONFIDENCE[type] ?? 0.5;
  return { type, start, end: start + name.length, value: words.join(" "), confidence, by: "compromise" };
}

async function load(): Promise<Compromise> {
  try {
    return (await import("compromise")).default;
  } catch (error) {
    loading = undefined;
    throw missingPackage("compromise", 'engines: ["wink"]', error);
  }
}
