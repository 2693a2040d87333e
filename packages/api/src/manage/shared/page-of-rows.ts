/** A row with where the next page begins behind it. */
interface Keyed {
  readonly cursor: string;
}

/** A page of rows. @param rows one more than `limit` where there is a further page */
export function pageOfRows<T extends Keyed>(
  rows: readonly T[],
  limit: number,
): { items: Omit<T, "cursor">[]; next?: string } {
  const shown = rows.slice(0, limit);
  const items = shown.map((row) => {
    const { cursor: _, ...item } = row;
    return item;
  });
  const last = shown.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: last.cursor } : { items };
}
