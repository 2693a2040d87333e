import type { GraphEdge, GraphNode } from "../../charts/graph.tsx";
import { formatRelative } from "../../format/format-time.ts";

interface Node {
  readonly id: string;
  readonly kind: "source" | "pipeline" | "table" | "consumer";
  readonly name: string;
  readonly detail: string | null;
  readonly state: string | null;
  readonly lastAt: string | null;
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly use: string;
}

const WORDS: Readonly<Record<string, string>> = {
  healthy: "healthy",
  late: "late",
  failing: "failing",
  paused: "paused",
  disabled: "disabled",
  neverRan: "never ran",
};

/** The lineage as the graph draws it: with how old the data are, and how their pipeline does. */
export function lineageNodes(nodes: readonly Node[], now: number): readonly GraphNode[] {
  return nodes.map((node) => {
    // The clock of the page stands still for a minute: what came since is not ahead.
    const age = node.lastAt === null ? "" : formatRelative(Math.min(Date.parse(node.lastAt), now), now);
    return {
      id: node.id,
      title: node.name,
      kind: node.kind,
      detail: [age, node.detail].filter((part) => part !== null && part !== "").join(" · "),
      ...(node.state === null ? {} : { state: { look: node.state, word: WORDS[node.state] ?? node.state } }),
    };
  });
}

/** The edges as the graph draws them, one between two nodes: an order alone is drawn with dashes. */
export function lineageEdges(edges: readonly Edge[]): readonly GraphEdge[] {
  const seen = new Map<string, GraphEdge>();
  for (const edge of edges) {
    const key = `${edge.from}\n${edge.to}`;
    const weak = edge.use === "after";
    const known = seen.get(key);
    if (known === undefined || (known.weak === true && !weak))
      seen.set(key, { from: edge.from, to: edge.to, ...(weak ? { weak } : {}) });
  }
  return [...seen.values()];
}

/** What a search leaves: the nodes with the text in their name, and all that is connected with them directly. */
export function filterLineage<N extends Node>(
  nodes: readonly N[],
  edges: readonly Edge[],
  text: string,
): readonly N[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return nodes;
  const found = new Set(
    nodes.filter((node) => node.name.toLowerCase().includes(wanted)).map((node) => node.id),
  );
  const near = new Set(found);
  for (const edge of edges) {
    if (found.has(edge.from)) near.add(edge.to);
    if (found.has(edge.to)) near.add(edge.from);
  }
  return nodes.filter((node) => near.has(node.id));
}
