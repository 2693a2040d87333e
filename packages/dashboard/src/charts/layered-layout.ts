/** A node of a graph that is to be laid out. */
export interface LayoutNode {
  readonly id: string;
}

export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

export interface LayoutOptions {
  readonly nodeWidth: number;
  readonly nodeHeight: number;
  /** Room between two columns. */
  readonly columnGap: number;
  /** Room between two nodes of a column. */
  readonly rowGap: number;
}

export interface PlacedNode {
  readonly id: string;
  readonly column: number;
  readonly row: number;
  /** Left upper corner. */
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly nodes: ReadonlyMap<string, PlacedNode>;
  readonly width: number;
  readonly height: number;
}

/**
 * Places a directed graph in columns from left to right: each node stands right of all that lead to it, nodes of a column
 * near the middle of those they belong to. Edges of a cycle are taken as they come: the one that closes it is drawn
 * backwards. Edges to nodes that are not there are left out. Deterministic.
 */
export function layeredLayout(
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  options: LayoutOptions,
): Layout {
  const graph = connect(nodes, edges);
  const columns = orderColumns(toColumns(nodes, graph), graph);
  const pitch = options.nodeHeight + options.rowGap;
  const tallest = Math.max(1, ...columns.map((column) => column.length));
  const placed = new Map<string, PlacedNode>();
  columns.forEach((column, index) => {
    const top = ((tallest - column.length) * pitch) / 2;
    column.forEach((id, row) =>
      placed.set(id, {
        id,
        column: index,
        row,
        x: index * (options.nodeWidth + options.columnGap),
        y: top + row * pitch,
      }),
    );
  });
  return {
    nodes: placed,
    width: Math.max(0, columns.length * (options.nodeWidth + options.columnGap) - options.columnGap),
    height: columns.length === 0 ? 0 : tallest * pitch - options.rowGap,
  };
}

interface Connections {
  readonly before: ReadonlyMap<string, readonly string[]>;
  readonly after: ReadonlyMap<string, readonly string[]>;
}

function connect(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Connections {
  const before = new Map<string, string[]>(nodes.map((node) => [node.id, []]));
  const after = new Map<string, string[]>(nodes.map((node) => [node.id, []]));
  for (const edge of edges) {
    if (!before.has(edge.from) || !before.has(edge.to) || edge.from === edge.to) continue;
    before.get(edge.to)?.push(edge.from);
    after.get(edge.from)?.push(edge.to);
  }
  return { before, after };
}

/** Columns by the longest way to a node, without recursion: a chain may be long. */
function toColumns(nodes: readonly LayoutNode[], graph: Connections): string[][] {
  const waiting = new Map(nodes.map((node) => [node.id, graph.before.get(node.id)?.length ?? 0]));
  const column = new Map<string, number>(nodes.map((node) => [node.id, 0]));
  const done = new Set<string>();
  const ready = nodes.filter((node) => waiting.get(node.id) === 0).map((node) => node.id);
  let rest = 0;
  while (done.size < waiting.size) {
    let id = ready.shift();
    // Only a cycle leaves nodes that wait for each other: the first of them is taken as if nothing led to it.
    while (id === undefined || done.has(id)) id = nodes[rest++]?.id;
    done.add(id);
    for (const next of graph.after.get(id) ?? []) {
      if (done.has(next)) continue;
      column.set(next, Math.max(column.get(next) ?? 0, (column.get(id) ?? 0) + 1));
      const left = (waiting.get(next) ?? 1) - 1;
      waiting.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  const columns: string[][] = [];
  for (const node of nodes) (columns[column.get(node.id) ?? 0] ??= []).push(node.id);
  return columns.filter((ids) => ids !== undefined);
}

/** Sweeps forth and back, and puts each node near the mean of its neighbours, which removes most crossings. */
function orderColumns(columns: string[][], graph: Connections): string[][] {
  for (let sweep = 0; sweep < 6; sweep++) {
    const forth = sweep % 2 === 0;
    const neighbours = forth ? graph.before : graph.after;
    const places = placesOf(columns);
    const order = forth ? columns.keys() : [...columns.keys()].reverse();
    for (const index of order) {
      const sorted = sortByNeighbours(columns[index] ?? [], neighbours, places);
      columns[index] = sorted;
      sorted.forEach((id, row) => places.set(id, row / sorted.length));
    }
  }
  return columns;
}

function placesOf(columns: readonly string[][]): Map<string, number> {
  const places = new Map<string, number>();
  for (const column of columns) column.forEach((id, row) => places.set(id, row / column.length));
  return places;
}

function sortByNeighbours(
  column: readonly string[],
  neighbours: ReadonlyMap<string, readonly string[]>,
  places: ReadonlyMap<string, number>,
): string[] {
  const wish = new Map(
    column.map((id, row) => {
      const near = neighbours.get(id) ?? [];
      const sum = near.reduce((total, other) => total + (places.get(other) ?? 0), 0);
      return [id, { at: near.length === 0 ? (places.get(id) ?? 0) : sum / near.length, row }];
    }),
  );
  return [...column].sort((a, b) => {
    const first = wish.get(a);
    const second = wish.get(b);
    return (first?.at ?? 0) - (second?.at ?? 0) || (first?.row ?? 0) - (second?.row ?? 0);
  });
}
