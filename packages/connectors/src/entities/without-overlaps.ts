import type { EntityType, Find } from "./entity.ts";

/** Which of two kinds is meant where both were found at one place, and neither is longer: the lower rank. */
const RANKS: Readonly<Record<EntityType, number>> = {
  email: 0,
  iban: 1,
  vat: 2,
  company_number: 3,
  date: 4,
  money: 5,
  organisation: 6,
  person: 7,
  place: 8,
  number: 9,
};

/**
 * Keeps of finds that overlap the better one: what is proven or found by a rule before what a language model guesses, then the
 * longer one. In the order of the text.
 */
export function withoutOverlaps(finds: readonly Find[]): Find[] {
  const best = finds.toSorted(
    (a, b) =>
      tier(a) - tier(b) ||
      b.end - b.start - (a.end - a.start) ||
      RANKS[a.type] - RANKS[b.type] ||
      b.confidence - a.confidence,
  );
  const kept: Find[] = [];
  for (const find of best) {
    if (!kept.some(({ start, end }) => start < find.end && find.start < end)) kept.push(find);
  }
  return kept.toSorted((a, b) => a.start - b.start);
}

function tier({ confidence, by }: Find): number {
  if (confidence === 1) return 0;
  return by === "transformer" || confidence >= 0.8 ? 1 : 2;
}
