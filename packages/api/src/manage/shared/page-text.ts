/** A row of a list's statement: the entry as JSON text, and what the next page begins behind. */
export interface PageRow {
  readonly item: string;
  readonly key: string;
}

/** A page as JSON text. @param rows one more than `limit` where there is a further page */
export function pageText(rows: readonly PageRow[], limit: number): string {
  const shown = rows.length > limit ? rows.slice(0, limit) : rows;
  const items = shown.map(({ item }) => item).join(",");
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? `,"next":${JSON.stringify(last.key)}` : "";
  return `{"items":[${items}]${next}}`;
}
