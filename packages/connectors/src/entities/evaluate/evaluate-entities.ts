import type { Entity, EntityType } from "../entity.ts";
import { ENTITY_TYPES } from "../entity.ts";
import { findEntities } from "../find-entities.ts";
import type { FindOptions } from "../options.ts";
import type { LabelledText } from "./labelled-set.ts";

/** How well one kind of thing is found. A find counts as right when its kind, its beginning and its end are those of the label. */
export interface TypeScore {
  readonly type: EntityType | "all";
  /** How many the set has. */
  readonly labelled: number;
  readonly found: number;
  readonly right: number;
  /** Share of the finds that are right; null where nothing was found. */
  readonly precision: number | null;
  /** Share of the labels that were found; null where the set has none. */
  readonly recall: number | null;
  /** Harmonic mean of both; null where one is. */
  readonly f1: number | null;
  /** Of the right finds whose label has a value, the share that has this value; null where no label has. */
  readonly values: number | null;
}

/** What was wrong in a text. */
interface Mistake {
  readonly id: string;
  readonly kind: "missed" | "wrong" | "value";
  readonly type: EntityType;
  readonly text: string;
}

/** What comes of a labelled set. */
export interface Evaluation {
  readonly texts: number;
  /** All kinds that are labelled or were found, and `all` of them together. */
  readonly scores: readonly TypeScore[];
  readonly mistakes: readonly Mistake[];
}

interface Count {
  labelled: number;
  found: number;
  right: number;
  valued: number;
  valuesRight: number;
}

/** Looks for entities in labelled texts and compares. Fails as `findEntities`. */
export async function evaluateEntities(
  texts: readonly LabelledText[],
  options: FindOptions = {},
): Promise<Evaluation> {
  const counts = new Map<EntityType, Count>();
  const mistakes: Mistake[] = [];
  const countOf = (type: EntityType): Count => {
    const count = counts.get(type) ?? { labelled: 0, found: 0, right: 0, valued: 0, valuesRight: 0 };
    counts.set(type, count);
    return count;
  };
  for (const labelled of texts) {
    const wanted =
      options.types === undefined
        ? labelled.entities
        : labelled.entities.filter(({ type }) => options.types?.includes(type));
    const found = await findEntities(labelled.text, options);
    mistakes.push(...compare({ ...labelled, entities: wanted }, found, countOf));
  }
  const scores = ENTITY_TYPES.flatMap((type) => {
    const count = counts.get(type);
    return count === undefined ? [] : [scoreOf(type, count)];
  });
  return { texts: texts.length, scores: [...scores, scoreOf("all", sumOf([...counts.values()]))], mistakes };
}

function compare(
  { id, text, entities }: LabelledText,
  found: readonly Entity[],
  countOf: (type: EntityType) => Count,
): Mistake[] {
  const mistakes: Mistake[] = [];
  const at = new Map(found.map((each) => [`${each.type} ${each.start} ${each.end}`, each]));
  for (const each of found) countOf(each.type).found += 1;
  for (const { type, start, end, value } of entities) {
    const key = `${type} ${start} ${end}`;
    const count = countOf(type);
    const match = at.get(key);
    at.delete(key);
    count.labelled += 1;
    if (match === undefined) {
      mistakes.push({ id, kind: "missed", type, text: text.slice(start, end) });
      continue;
    }
    count.right += 1;
    if (value === undefined) continue;
    count.valued += 1;
    if (match.value === value) count.valuesRight += 1;
    else
      mistakes.push({ id, kind: "value", type, text: `${match.text}: ${match.value} instead of ${value}` });
  }
  for (const { type, text: wrong } of at.values()) mistakes.push({ id, kind: "wrong", type, text: wrong });
  return mistakes;
}

function scoreOf(type: TypeScore["type"], { labelled, found, right, valued, valuesRight }: Count): TypeScore {
  const precision = share(right, found);
  const recall = share(right, labelled);
  const f1 = share(2 * right, found + labelled);
  return { type, labelled, found, right, precision, recall, f1, values: share(valuesRight, valued) };
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function sumOf(counts: readonly Count[]): Count {
  const sum = (of: (count: Count) => number): number => counts.reduce((total, count) => total + of(count), 0);
  return {
    labelled: sum(({ labelled }) => labelled),
    found: sum(({ found }) => found),
    right: sum(({ right }) => right),
    valued: sum(({ valued }) => valued),
    valuesRight: sum(({ valuesRight }) => valuesRight),
  };
}
