import { badCursor } from "../shared/bad-cursor.ts";

/** Where a page ended: the value that the list is sorted by, null where there is none, and the name. */
export type SortPlace = readonly [string | null, string];

/** The place that a page gave as its `next`. Fails with MLR_ARGUMENT_INVALID. */
export function placeOf(after: string): SortPlace {
  let place: unknown;
  try {
    place = JSON.parse(after);
  } catch {
    throw badCursor(after);
  }
  if (!Array.isArray(place) || place.length !== 2 || after.includes("\\u0000")) throw badCursor(after);
  const [at, name] = place as readonly unknown[];
  if ((at !== null && typeof at !== "string") || typeof name !== "string") throw badCursor(after);
  return [at, name];
}
