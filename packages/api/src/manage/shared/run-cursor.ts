import { badCursor } from "./bad-cursor.ts";

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The id of a run that a page ended with. Fails with MLR_ARGUMENT_INVALID. */
export function runCursor(after: string | undefined): string | undefined {
  if (after !== undefined && !UUID.test(after)) throw badCursor(after);
  return after;
}
