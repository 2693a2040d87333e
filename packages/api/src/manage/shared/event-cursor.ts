import { badCursor } from "./bad-cursor.ts";

/** The id of an event that a page ended with. Fails with MLR_ARGUMENT_INVALID. */
export function eventCursor(after: string | undefined): string | undefined {
  if (after !== undefined && !/^\d{1,18}$/.test(after)) throw badCursor(after);
  return after;
}
