import { createHash } from "node:crypto";
import { type BrowseQuery, MillraceError } from "@millrace/core";

/** Longest cursor: it has to fit into the address of a request. */
const MAX_LENGTH = 6_000;

/** What of a query a cursor belongs to: the place in one order is none in another. */
export function cursorShape(table: string, { of, filters = [], sort }: BrowseQuery): string {
  const text = JSON.stringify([
    table,
    of,
    filters.map(({ column, operator, value }) => [column, operator, value]),
    sort,
  ]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 12);
}

/** The place behind the last row of a page: its values of the columns that rows are ordered by, as text. */
export function writeCursor(shape: string, values: readonly (string | null)[]): string {
  const cursor = Buffer.from(JSON.stringify([shape, ...values])).toString("base64url");
  if (cursor.length <= MAX_LENGTH) return cursor;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    "the values of the column that rows are sorted by are too long to go on from",
    { hint: "Sort by another column." },
  );
}

/** The values of a cursor. Fails with MLR_ARGUMENT_INVALID for one that was not given for this query. */
export function readCursor(cursor: string, shape: string, count: number): readonly (string | null)[] {
  const [found, ...values] = parse(cursor);
  const texts = values.filter((value) => value === null || typeof value === "string");
  if (found === shape && texts.length === values.length && values.length === count) return texts;
  throw new MillraceError("MLR_ARGUMENT_INVALID", "the cursor does not belong to this query", {
    hint: "Give `next` of the page before, with the same table, conditions and order; or leave it out for the first page.",
  });
}

function parse(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
