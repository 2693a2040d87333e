import type { Row } from "@millrace/core";
import type { Element } from "domhandler";
import type { Page } from "../page/page.ts";
import { compileSelector, selectAll, selectOne } from "../page/select.ts";
import { textOf } from "../page/text-of.ts";

const ROWS = "tr";
const CELLS = "th, td";
/** Cells that claim to span more than any table is wide. */
const MAX_SPAN = 1_000;

/**
 * The rows of an HTML table by the texts of its header: cells that span columns and rows count for each of them.
 * @param selector of the table; default the first one of the page.
 * @example handle: (page, context) => context.emit("rates", ...tableRows(page, "table.rates"))
 */
export function tableRows(page: Page, selector = "table"): Row[] {
  const table = selectOne(compileSelector(selector), page.document);
  if (table === undefined) return [];
  const own = selectAll(compileSelector(ROWS), table).filter((row) => tableOf(row) === table);
  const grid = spread(own);
  const header = grid[0] ?? [];
  const names = header.map((name, index) => (name === "" ? `column_${index + 1}` : name));
  return grid
    .slice(1)
    .filter((cells) => cells.some((cell) => cell !== ""))
    .map((cells) => Object.fromEntries(names.map((name, index) => [name, cells[index] || null])));
}

function tableOf(row: Element): Element | undefined {
  let { parent } = row;
  while (parent !== null && !("name" in parent && parent.name === "table")) ({ parent } = parent);
  return parent as Element | undefined;
}

function spread(rows: readonly Element[]): string[][] {
  const grid: string[][] = rows.map(() => []);
  for (const [y, row] of rows.entries()) {
    let x = 0;
    for (const cell of selectAll(compileSelector(CELLS), row).filter(({ parent }) => parent === row)) {
      while (grid[y]?.[x] !== undefined) x++;
      const text = textOf(cell);
      const [width, height] = [spanOf(cell, "colspan"), spanOf(cell, "rowspan")];
      for (let down = 0; down < height && y + down < rows.length; down++) {
        for (let across = 0; across < width; across++) {
          const line = grid[y + down];
          if (line !== undefined) line[x + across] = text;
        }
      }
      x += width;
    }
  }
  return grid;
}

function spanOf(cell: Element, name: string): number {
  const span = Number(cell.attribs[name] ?? 1);
  return Number.isInteger(span) && span > 0 ? Math.min(span, MAX_SPAN) : 1;
}
