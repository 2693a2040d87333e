import type { Box } from "../box.ts";
import type { Word } from "../document-text.ts";
import { plainText, textLines, union } from "../text-lines.ts";
import { enclosedCells } from "./cells.ts";
import type { PageTable, TableInput, TableOptions } from "./document-table.ts";
import { cleanEdges } from "./edges.ts";
import { groupCells } from "./group-cells.ts";

/** Tables that ruling lines enclose, after the method that pdfplumber publishes. */
export function tablesByLines(page: TableInput, options: TableOptions): PageTable[] {
  const cells = enclosedCells(cleanEdges(page.rules ?? []));
  return groupCells(cells)
    .map((group) => toTable(group, page))
    .filter(({ rows, columns }) => rows.length >= options.minRows && columns.length >= options.minColumns);
}

function toTable(cells: readonly Box[], page: TableInput): PageTable {
  const tops = sortedUnique(cells.map(({ y0 }) => y0));
  const lefts = sortedUnique(cells.map(({ x0 }) => x0));
  const rights = lefts.map((left) => Math.min(...cells.filter(({ x0 }) => x0 === left).map(({ x1 }) => x1)));
  const area = union(cells);
  const inside = page.words.filter((word) => holds(area, word));
  const rows = tops.map((): (string | null)[] => lefts.map(() => null));
  for (const cell of cells) {
    const row = rows[tops.indexOf(cell.y0)];
    if (row !== undefined) row[lefts.indexOf(cell.x0)] = cellText(inside.filter((word) => holds(cell, word)));
  }
  const columns = lefts.map((left, index) => [left, rights[index] ?? left] as const);
  return { ...area, page: page.number, lastPage: page.number, strategy: "lines", columns, rows };
}

/** Its middle is inside. */
function holds(cell: Box, word: Word): boolean {
  const x = (word.x0 + word.x1) / 2;
  const y = (word.y0 + word.y1) / 2;
  return x >= cell.x0 && x < cell.x1 && y >= cell.y0 && y < cell.y1;
}

/** Words of one cell as text, line by line. */
function cellText(words: readonly Word[]): string {
  if (words.length === 0) return "";
  return plainText(textLines(words.map((word) => ({ ...word, direction: 0, spaceBehind: true }))));
}

function sortedUnique(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
