import { badCursor } from "./bad-cursor.ts";

/** Where a page in the order of time ended: microseconds since 1970, and what tells rows of one microsecond apart. */
export interface TimeCursor {
  readonly micros: string;
  readonly id: string;
}

/** Reads a cursor such as `1795347000123456.<id>`. Fails with MLR_ARGUMENT_INVALID. @param id how ids look, anchored */
export function timeCursor(after: string | undefined, id: RegExp): TimeCursor | undefined {
  if (after === undefined) return undefined;
  const dot = after.indexOf(".");
  const cursor = { micros: after.slice(0, dot), id: after.slice(dot + 1) };
  if (dot < 1 || !/^\d{1,16}$/.test(cursor.micros) || !id.test(cursor.id)) throw badCursor(after);
  return cursor;
}

/** SQL of the cursor of a row. */
export function timeCursorSql(at: string, id: string): string {
  return `(extract(epoch FROM ${at}) * 1000000)::bigint || '.' || ${id}`;
}

/** SQL of the instant of a cursor, exact. @param place of its microseconds, such as `$1` */
export function cursorInstantSql(place: string): string {
  return `(timestamptz 'epoch' + ${place}::bigint * interval '1 microsecond')`;
}

export const UUID_PATTERN = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
