import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { layeredLayout, type Layout, type PlacedNode } from "./layered-layout.ts";
import { chartLook } from "./chart-look.ts";
import { useGraphView, type GraphView } from "./use-graph-view.ts";
import { useWidth } from "./use-width.ts";

/** A node of a graph. */
export interface GraphNode {
  readonly id: string;
  readonly title: string;
  /** Second line. */
  readonly detail: string;
  /** What it is, such as `table`: written into the box. */
  readonly kind: string;
  /** A status of `chartLook`, with the word for it; absent: nothing is known. */
  readonly state?: { readonly look: string; readonly word: string };
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Drawn with dashes: no data flow, such as an order. */
  readonly weak?: boolean;
}

export interface GraphProps {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly label: string;
  readonly height: number;
  /** Node that is marked together with what it is connected to. */
  readonly selected?: string | undefined;
  readonly onSelect: (id: string) => void;
}

const SIZE = { nodeWidth: 216, nodeHeight: 58, columnGap: 72, rowGap: 14 };

/**
 * A graph from left to right. Dragging and the buttons move and zoom it, as does the wheel while Ctrl is held; with the
 * keyboard, arrows go from node to node, Enter selects one, plus, minus and 0 zoom.
 */
export function Graph(props: GraphProps) {
  const { nodes, edges, label, height, selected, onSelect } = props;
  const layout = useMemo(() => layeredLayout(nodes, edges, SIZE), [nodes, edges]);
  const near = useMemo(
    () => (selected === undefined ? undefined : neighbourhood(selected, edges)),
    [selected, edges],
  );
  const [frame, width] = useWidth<HTMLDivElement>();
  const view = useGraphView({ width, height, content: layout });
  const [at, setAt] = useState<string>();
  const current = at !== undefined && layout.nodes.has(at) ? at : (selected ?? nodes[0]?.id);
  useShown(frame, current, at !== undefined, layout, view);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (view.onKey(event.key)) event.preventDefault();
    const from = current === undefined ? undefined : layout.nodes.get(current);
    const next = from === undefined ? undefined : neighbourInDirection(from, layout, event.key);
    if (next !== undefined) setAt(next);
    if (next !== undefined || event.key === "Enter") event.preventDefault();
    if (event.key === "Enter" && current !== undefined) onSelect(current);
  };
  return (
    <div
      ref={frame}
      className="relative w-full overflow-hidden rounded-lg border border-line bg-sunken"
      style={{ height }}
    >
      {width > 0 && (
        <svg
          ref={view.svg}
          width={width}
          height={height}
          role="group"
          aria-label={label}
          className="block cursor-grab touch-none select-none active:cursor-grabbing"
          onKeyDown={onKeyDown}
          {...view.handlers}
        >
          <g transform={view.transform}>
            {edges.map((edge) => (
              <Edge
                key={`${edge.from}>${edge.to}`}
                edge={edge}
                layout={layout}
                view={view}
                dim={near !== undefined && !(near.has(edge.from) && near.has(edge.to))}
              />
            ))}
            {nodes.map((node) => {
              const place = layout.nodes.get(node.id);
              if (place === undefined || (!view.shows(place, SIZE) && node.id !== current)) return null;
              return (
                <Node
                  key={node.id}
                  node={node}
                  place={place}
                  tab={node.id === current}
                  selected={node.id === selected}
                  dim={near !== undefined && !near.has(node.id)}
                  onSelect={onSelect}
                  onFocus={setAt}
                />
              );
            })}
          </g>
        </svg>
      )}
      <Buttons view={view} />
    </div>
  );
}

/** Moves the focus, and the drawing so that the focus can be seen, when the keyboard goes to another node. */
function useShown(
  frame: { readonly current: HTMLDivElement | null },
  current: string | undefined,
  moved: boolean,
  layout: Layout,
  view: GraphView,
): void {
  const reveal = useRef(view.reveal);
  reveal.current = view.reveal;
  useEffect(() => {
    const place = current === undefined ? undefined : layout.nodes.get(current);
    if (!moved || place === undefined || frame.current?.contains(document.activeElement) !== true) return;
    reveal.current(place, SIZE);
    frame.current.querySelector<SVGGElement>('[data-current="true"]')?.focus({ preventScroll: true });
  }, [current, moved, layout, frame]);
}

function Node(props: {
  readonly node: GraphNode;
  readonly place: PlacedNode;
  readonly tab: boolean;
  readonly selected: boolean;
  readonly dim: boolean;
  readonly onSelect: (id: string) => void;
  readonly onFocus: (id: string) => void;
}) {
  const { node, place, tab, selected, dim, onSelect, onFocus } = props;
  const look = node.state === undefined ? undefined : chartLook(node.state.look);
  const words = [node.kind, node.title, node.state?.word, node.detail].filter(Boolean).join(", ");
  return (
    <g
      role="button"
      aria-pressed={selected}
      tabIndex={tab ? 0 : -1}
      data-current={tab}
      className={`cursor-pointer outline-none [&:focus-visible>rect:first-of-type]:stroke-focus [&:focus-visible>rect:first-of-type]:stroke-2 ${dim ? "opacity-35" : ""}`}
      transform={`translate(${String(place.x)} ${String(place.y)})`}
      onClick={() => {
        onSelect(node.id);
      }}
      onFocus={() => {
        onFocus(node.id);
      }}
    >
      <title>{words}</title>
      <rect
        width={SIZE.nodeWidth}
        height={SIZE.nodeHeight}
        rx={6}
        className={`fill-surface ${selected ? "stroke-accent stroke-2" : "stroke-line"}`}
      />
      <rect
        width={4}
        height={SIZE.nodeHeight - 16}
        x={0}
        y={8}
        rx={2}
        className={look?.fill ?? "fill-line-strong"}
      />
      <text x={14} y={17} className="fill-muted text-xs">
        {node.kind}
      </text>
      {node.state !== undefined && (
        <text x={SIZE.nodeWidth - 10} y={17} textAnchor="end" className={`text-xs ${look?.fill ?? ""}`}>
          {node.state.word}
        </text>
      )}
      <text x={14} y={34} className="fill-ink text-sm font-medium">
        {cut(node.title, 27)}
      </text>
      <text x={14} y={50} className="fill-muted text-xs">
        {cut(node.detail, 31)}
      </text>
    </g>
  );
}

function Edge(props: { edge: GraphEdge; layout: Layout; view: GraphView; dim: boolean }) {
  const from = props.layout.nodes.get(props.edge.from);
  const to = props.layout.nodes.get(props.edge.to);
  if (from === undefined || to === undefined || !props.view.crosses(from, to, SIZE)) return null;
  const [x1, y1, x2, y2] = [
    from.x + SIZE.nodeWidth,
    from.y + SIZE.nodeHeight / 2,
    to.x,
    to.y + SIZE.nodeHeight / 2,
  ];
  const bend = Math.max(28, Math.abs(x2 - x1) / 2);
  return (
    <g className={props.dim ? "opacity-25" : undefined} aria-hidden="true">
      <path
        d={`M${String(x1)} ${String(y1)}C${String(x1 + bend)} ${String(y1)} ${String(x2 - bend)} ${String(y2)} ${String(x2 - 5)} ${String(y2)}`}
        fill="none"
        className="stroke-line-strong"
        strokeWidth={1.25}
        strokeDasharray={props.edge.weak === true ? "4 4" : undefined}
      />
      <path d={`M${String(x2 - 7)} ${String(y2 - 4)}l7 4l-7 4z`} className="fill-line-strong" />
    </g>
  );
}

function Buttons({ view }: { readonly view: GraphView }) {
  const look = "flex size-8 items-center justify-center bg-raised text-ink hover:bg-hover";
  return (
    <div className="absolute right-3 bottom-3 flex divide-x divide-line overflow-hidden rounded-md border border-line shadow-card">
      <button type="button" className={look} aria-label="Zoom out" onClick={() => view.onKey("-")}>
        −
      </button>
      <button type="button" className={look} aria-label="Zoom in" onClick={() => view.onKey("+")}>
        +
      </button>
      <button type="button" className={`${look} w-12 text-xs`} onClick={() => view.onKey("0")}>
        Fit
      </button>
    </div>
  );
}

/** The node, all that leads to it and all that it leads to. */
function neighbourhood(id: string, edges: readonly GraphEdge[]): ReadonlySet<string> {
  const found = new Set<string>([id]);
  for (const [from, to] of [
    ["from", "to"],
    ["to", "from"],
  ] as const) {
    const next = new Map<string, string[]>();
    for (const edge of edges) next.set(edge[from], [...(next.get(edge[from]) ?? []), edge[to]]);
    const seen = new Set<string>([id]);
    const waiting = [id];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop())
      for (const other of next.get(at) ?? [])
        if (!seen.has(other)) {
          seen.add(other);
          waiting.push(other);
        }
    for (const other of seen) found.add(other);
  }
  return found;
}

function neighbourInDirection(from: PlacedNode, layout: Layout, key: string): string | undefined {
  const [dx, dy] = DIRECTIONS[key] ?? [0, 0];
  if (dx === 0 && dy === 0) return undefined;
  let best: { id: string; far: number } | undefined;
  for (const node of layout.nodes.values()) {
    const along = (node.x - from.x) * dx + (node.y - from.y) * dy;
    if (along <= 0 || (dy !== 0 && node.column !== from.column)) continue;
    const far = along + 3 * Math.abs((node.x - from.x) * dy + (node.y - from.y) * dx);
    if (best === undefined || far < best.far) best = { id: node.id, far };
  }
  return best?.id;
}

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function cut(text: string, fits: number): string {
  const characters = [...text];
  return characters.length <= fits ? text : `${characters.slice(0, fits - 1).join("")}…`;
}
