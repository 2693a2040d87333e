import { badCursor } from "../shared/bad-cursor.ts";

/** Its place in the list, and its name, of which so much tells it from the others. */
const POSITION = /^(\d{1,6}):([\s\S]*)$/;
const NAME_LENGTH = 300;

/**
 * A page of a short list that is made anew each time: it goes on behind the named entry, or, where that has left the list, at
 * its place. Fails with MLR_ARGUMENT_INVALID for an `after` that no page gave.
 */
export function pageOfNames<T extends { readonly name: string }>(
  all: readonly T[],
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): { readonly shown: readonly T[]; readonly next: { readonly next?: string } } {
  let start = 0;
  if (after !== undefined) {
    const parts = POSITION.exec(after);
    if (parts === null) throw badCursor(after);
    const place = all.findIndex(({ name }) => name.slice(0, NAME_LENGTH) === parts[2]);
    start = place === -1 ? Number(parts[1]) : place + 1;
  }
  const shown = all.slice(start, start + limit);
  const last = shown.at(-1);
  const more = start + limit < all.length && last !== undefined;
  return { shown, next: more ? { next: `${start + limit}:${last.name.slice(0, NAME_LENGTH)}` } : {} };
}
