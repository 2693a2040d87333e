import { TABLE_DEFAULTS, type PageTable, type TableInput, type TableOptions } from "./document-table.ts";
import { tablesByLines } from "./lines-strategy.ts";
import { tablesByText } from "./text-strategy.ts";

/** The tables of a page, from top to bottom. */
export function findTables(page: TableInput, options: TableOptions = TABLE_DEFAULTS): PageTable[] {
  if (options.strategy === "text") return tablesByText(page, options);
  const ruled = tablesByLines(page, options);
  if (options.strategy === "lines") return ruled;
  const free = page.words.filter(
    (word) =>
      !ruled.some(
        (table) => word.x0 < table.x1 && word.x1 > table.x0 && word.y0 < table.y1 && word.y1 > table.y0,
      ),
  );
  const aligned = tablesByText(
    { ...page, words: free },
    { ...options, minRows: Math.max(3, options.minRows) },
  );
  return [...ruled, ...aligned].sort((a, b) => a.y0 - b.y0 || a.x0 - b.x0);
}
