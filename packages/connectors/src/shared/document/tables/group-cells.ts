import type { Box } from "../box.ts";

/** Groups cells that share a corner: each group is a table. From top to bottom, then from left to right. */
export function groupCells(cells: readonly Box[]): Box[][] {
  const byCorner = new Map<string, number[]>();
  for (const [index, cell] of cells.entries()) {
    for (const corner of corners(cell)) {
      const list = byCorner.get(corner);
      if (list === undefined) byCorner.set(corner, [index]);
      else list.push(index);
    }
  }
  const seen = new Set<number>();
  const groups: Box[][] = [];
  for (const start of cells.keys()) {
    if (seen.has(start)) continue;
    seen.add(start);
    const group: number[] = [];
    for (const open = [start]; open.length > 0;) {
      const index = open.pop() as number;
      group.push(index);
      for (const next of corners(cells[index] as Box).flatMap((corner) => byCorner.get(corner) ?? [])) {
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(next);
      }
    }
    groups.push(group.map((index) => cells[index] as Box));
  }
  return groups.sort((a, b) => top(a) - top(b) || left(a) - left(b));
}

function corners({ x0, y0, x1, y1 }: Box): string[] {
  return [`${x0},${y0}`, `${x1},${y0}`, `${x0},${y1}`, `${x1},${y1}`];
}

function top(group: readonly Box[]): number {
  return Math.min(...group.map(({ y0 }) => y0));
}

function left(group: readonly Box[]): number {
  return Math.min(...group.map(({ x0 }) => x0));
}
