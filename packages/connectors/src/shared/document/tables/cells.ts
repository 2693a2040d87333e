import type { Box } from "../box.ts";
import type { Edge, Edges } from "./edges.ts";

/** Lines that miss each other by less than this still cross. In points. */
const TOLERANCE = 3;
/** A page with more crossings is a picture, not a table. */
const MOST_CROSSINGS = 60_000;

/** The smallest rectangles that lines enclose, as pdfplumber finds them: from each crossing to the next one below and beside. */
export function enclosedCells(edges: Edges): Box[] {
  const crossings = findCrossings(edges);
  const cells: Box[] = [];
  for (const [row, corners] of crossings.rows.entries()) {
    for (const [index, corner] of corners.entries()) {
      const cell = cellFrom(crossings, row, index);
      if (cell !== undefined) cells.push({ x0: corner.x, y0: corner.y, ...cell });
    }
  }
  return cells;
}

interface Corner {
  readonly x: number;
  readonly y: number;
  readonly upright: Edge;
  readonly level: Edge;
}

interface Crossings {
  /** By row, from top to bottom, each from left to right. */
  readonly rows: readonly (readonly Corner[])[];
  /** By column, from top to bottom. */
  readonly columns: ReadonlyMap<number, readonly Corner[]>;
  readonly at: ReadonlyMap<string, Corner>;
}

function findCrossings({ upright, level }: Edges): Crossings {
  const rows = new Map<number, Corner[]>();
  const columns = new Map<number, Corner[]>();
  const at = new Map<string, Corner>();
  for (const line of level) {
    for (const pole of upright) {
      if (pole.at < line.from - TOLERANCE || pole.at > line.to + TOLERANCE) continue;
      if (line.at < pole.from - TOLERANCE || line.at > pole.to + TOLERANCE) continue;
      const key = `${pole.at},${line.at}`;
      if (at.has(key)) continue;
      if (at.size >= MOST_CROSSINGS) return { rows: [], columns, at };
      const corner = { x: pole.at, y: line.at, upright: pole, level: line };
      at.set(key, corner);
      push(rows, line.at, corner);
      push(columns, pole.at, corner);
    }
  }
  for (const corners of rows.values()) corners.sort((a, b) => a.x - b.x);
  for (const corners of columns.values()) corners.sort((a, b) => a.y - b.y);
  const sorted = [...rows].sort(([a], [b]) => a - b).map(([, corners]) => corners);
  return { rows: sorted, columns, at };
}

function push(map: Map<number, Corner[]>, key: number, corner: Corner): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [corner]);
  else list.push(corner);
}

/** The lower right corner of the smallest rectangle that has this corner as its upper left one. */
function cellFrom(
  { rows, columns, at }: Crossings,
  row: number,
  index: number,
): { x1: number; y1: number } | undefined {
  const corners = rows[row] ?? [];
  const corner = corners[index];
  if (corner === undefined) return undefined;
  const below = (columns.get(corner.x) ?? []).filter(
    ({ y, upright }) => y > corner.y && connected(upright, corner.upright, corner.y, y),
  );
  for (const low of below) {
    for (let right = index + 1; right < corners.length; right++) {
      const beside = corners[right];
      if (beside === undefined || !connected(beside.level, corner.level, corner.x, beside.x)) continue;
      const last = at.get(`${beside.x},${low.y}`);
      if (last === undefined) continue;
      if (!connected(last.upright, beside.upright, corner.y, low.y)) continue;
      if (!connected(last.level, low.level, corner.x, beside.x)) continue;
      return { x1: beside.x, y1: low.y };
    }
  }
  return undefined;
}

/** Whether one line goes the whole way. */
function connected(a: Edge, b: Edge, from: number, to: number): boolean {
  return a === b && a.from <= from + TOLERANCE && a.to >= to - TOLERANCE;
}
