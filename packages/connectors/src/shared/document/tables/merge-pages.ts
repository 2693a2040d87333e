import type { PageTable, TableInput } from "./document-table.ts";

/** Columns of two pages whose ends differ by less than this are the same. In points. */
const SAME_COLUMN = 6;
/** Text in this share of a page's height at its upper and lower end is header and footer. */
const MARGIN = 0.1;

/** Whether a table may be the rest of one that the page before ended with: the same columns, found the same way. */
export function continues(before: PageTable, next: PageTable): boolean {
  return (
    next.page === before.lastPage + 1 &&
    next.strategy === before.strategy &&
    next.columns.length === before.columns.length &&
    next.columns.every(
      ([left], index) =>
        Math.abs(left - (before.columns[index]?.[0] ?? Number.POSITIVE_INFINITY)) <= SAME_COLUMN,
    )
  );
}

/** Whether two rows say the same. */
export function sameCells(a: readonly (string | null)[], b: readonly (string | null)[]): boolean {
  return a.length === b.length && a.every((cell, index) => cell === b[index]);
}

/** Whether words stand between two heights of a page, its header and footer aside. */
export function textBetween(page: TableInput, top: number, bottom: number): boolean {
  const from = Math.max(top, page.height * MARGIN);
  const to = Math.min(bottom, page.height * (1 - MARGIN));
  return page.words.some(({ y0, y1 }) => (y0 + y1) / 2 > from && (y0 + y1) / 2 < to);
}
