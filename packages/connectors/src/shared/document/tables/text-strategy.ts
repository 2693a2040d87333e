import type { Word } from "../document-text.ts";
import { textLines, union, type TextLine } from "../text-lines.ts";
import type { PageTable, TableInput, TableOptions } from "./document-table.ts";

/** A gap wider than this many times the height of the text separates cells. */
const CELL_GAP = 0.85;
/** Lines further apart than this many times their height do not belong to one table. */
const LINE_GAP = 2.2;
/** Columns are as many as the spaces that no row crosses; of the rows, this share may cross one (titles, sums). */
const CROSSING_SHARE = 0.15;

/** Words that stand so near that they are one cell. */
interface Segment {
  readonly x0: number;
  readonly x1: number;
  readonly text: string;
}

interface Row {
  readonly line: TextLine;
  readonly segments: readonly Segment[];
}

/** Tables whose columns are told apart by white space alone: following lines whose words leave the same gaps. */
export function tablesByText(page: TableInput, options: TableOptions): PageTable[] {
  const lines = textLines(page.words.map((word) => ({ ...word, direction: 0, spaceBehind: true })));
  const rows = lines.map((line) => ({ line, segments: segmentsOf(line) }));
  return blocksOf(rows, options)
    .map((block) => toTable(block, page.number))
    .filter(
      ({ rows: cells, columns }) => cells.length >= options.minRows && columns.length >= options.minColumns,
    );
}

function segmentsOf(line: TextLine): Segment[] {
  const segments: Segment[] = [];
  const gap = (line.y1 - line.y0) * CELL_GAP;
  let open: Word[] = [];
  const take = (): void => {
    if (open.length === 0) return;
    const { x0, x1 } = union(open);
    segments.push({ x0, x1, text: open.map(({ text }) => text).join(" ") });
    open = [];
  };
  for (const word of line.words) {
    const last = open.at(-1);
    if (last !== undefined && word.x0 - last.x1 > gap) take();
    open.push(word);
  }
  take();
  return segments;
}

/** Following rows of which all have several cells, none far below the one before. */
function blocksOf(rows: readonly Row[], { minColumns, minRows }: TableOptions): Row[][] {
  const blocks: Row[][] = [];
  let open: Row[] = [];
  const take = (): void => {
    if (open.length >= minRows) blocks.push(open);
    open = [];
  };
  for (const row of rows) {
    const last = open.at(-1);
    const height = row.line.y1 - row.line.y0;
    const far = last !== undefined && row.line.y0 - last.line.y1 > height * LINE_GAP;
    if (far || row.segments.length < minColumns) take();
    if (row.segments.length >= minColumns) open.push(row);
  }
  take();
  return blocks;
}

function toTable(block: readonly Row[], page: number): PageTable {
  const columns = columnsOf(block);
  const rows = block.map(({ segments }) => {
    const cells = columns.map(() => "");
    for (const { x0, x1, text } of segments) {
      const middle = (x0 + x1) / 2;
      const index = nearest(columns, middle);
      cells[index] = cells[index] === "" ? text : `${cells[index]} ${text}`;
    }
    return cells;
  });
  const area = union(block.map(({ line }) => line));
  return { ...area, page, lastPage: page, strategy: "text", columns, rows };
}

/** Stretches that nearly no row leaves white: a sweep over the ends of all cells. */
function columnsOf(block: readonly Row[]): [number, number][] {
  const ends = block
    .flatMap(({ segments }) => segments)
    .flatMap(({ x0, x1 }) => [
      { x: x0, step: 1 },
      { x: x1, step: -1 },
    ])
    .sort((a, b) => a.x - b.x || b.step - a.step);
  const allowed = Math.floor(block.length * CROSSING_SHARE);
  const columns: [number, number][] = [];
  let depth = 0;
  let start = 0;
  for (const { x, step } of ends) {
    const before = depth;
    depth += step;
    if (before <= allowed && depth > allowed) start = x;
    if (before > allowed && depth <= allowed) columns.push([start, x]);
  }
  return columns;
}

function nearest(columns: readonly (readonly [number, number])[], x: number): number {
  let best = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (const [index, [left, right]] of columns.entries()) {
    const away = x < left ? left - x : x > right ? x - right : 0;
    if (away < distance) [best, distance] = [index, away];
  }
  return best;
}
