/** A straight line: `at` is its x where it is upright and its y where it is level; it goes from `from` to `to`. */
export interface Edge {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** Lines of a page, cleaned up. */
export interface Edges {
  readonly upright: readonly Edge[];
  readonly level: readonly Edge[];
}

/** Lines nearer than this are one; gaps smaller than this are none; shorter ones do not count. In points. */
const TOLERANCE = 3;

/** Sorts lines by direction, moves those that nearly coincide together and joins those that continue each other. */
export function cleanEdges(rules: ArrayLike<number>): Edges {
  const upright: Edge[] = [];
  const level: Edge[] = [];
  for (let index = 0; index + 3 < rules.length; index += 4) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = [0, 1, 2, 3].map((offset) => rules[index + offset]);
    if (x1 - x0 >= y1 - y0) level.push({ at: (y0 + y1) / 2, from: x0, to: x1 });
    else upright.push({ at: (x0 + x1) / 2, from: y0, to: y1 });
  }
  return { upright: joined(snapped(upright)), level: joined(snapped(level)) };
}

/** Lines next to each other get the mean of their places. */
function snapped(edges: readonly Edge[]): Edge[] {
  const groups: Edge[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const edge of edges.toSorted((a, b) => a.at - b.at)) {
    const group = groups.at(-1);
    if (group === undefined || edge.at - last > TOLERANCE) groups.push([edge]);
    else group.push(edge);
    last = edge.at;
  }
  return groups.flatMap((group) => {
    const at = group.reduce((sum, edge) => sum + edge.at, 0) / group.length;
    return group.map((edge) => ({ ...edge, at }));
  });
}

function joined(edges: readonly Edge[]): Edge[] {
  const sorted = edges.toSorted((a, b) => a.at - b.at || a.from - b.from);
  const out: Edge[] = [];
  for (const edge of sorted) {
    const last = out.at(-1);
    if (last !== undefined && last.at === edge.at && edge.from <= last.to + TOLERANCE) {
      if (edge.to > last.to) out[out.length - 1] = { ...last, to: edge.to };
    } else {
      out.push(edge);
    }
  }
  return out.filter(({ from, to }) => to - from >= TOLERANCE);
}
