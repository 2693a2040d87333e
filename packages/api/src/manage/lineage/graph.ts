import type { z } from "zod";
import type { JudgedPipeline } from "../overview/pipeline-states.ts";
import type { LineageFacts, LineageUse } from "./queries.ts";
import type { Lineage, LineageEdge, LineageNode } from "./schemas.ts";

type Graph = Pick<z.infer<typeof Lineage>, "nodes" | "edges" | "truncated">;
type Node = z.infer<typeof LineageNode>;
type Edge = z.infer<typeof LineageEdge>;

/** Nodes that are drawn together. */
const NODES = 5_000;

/**
 * Where data come from and where they go. A table that a pipeline wrote is a table, whoever reads it; what is only read is a
 * source; a pipeline reads what it reads, and one without any such thing has its connector for a source.
 */
export function lineageGraph(facts: LineageFacts, states: ReadonlyMap<string, JudgedPipeline>): Graph {
  const draft = new GraphDraft();
  addPipelines(draft, facts, states);
  const written = addTables(draft, facts, states);
  const reading = addUses(draft, facts, written);
  for (const { name, source, parents } of facts.pipelines) {
    if (!reading.has(name) && source !== null) {
      const id = `source:${source} of ${name}`;
      draft.touch(node({ id, kind: "source", name: source, detail: null }), null);
      draft.link(id, `pipeline:${name}`, "read", null);
    }
    for (const parent of parents)
      if (states.has(parent)) draft.link(`pipeline:${parent}`, `pipeline:${name}`, "after", null);
  }
  return cut(draft.graph());
}

/** Nodes and edges that are found one after the other, some of them several times. */
class GraphDraft {
  readonly #nodes = new Map<string, Node>();
  readonly #edges = new Map<string, Edge>();

  touch(found: Node, at: Date | null): void {
    const known = this.#nodes.get(found.id) ?? found;
    this.#nodes.set(found.id, { ...known, lastAt: later(known.lastAt, at) });
  }

  link(from: string, to: string, use: string, at: Date | null): void {
    const key = JSON.stringify([from, to, use]);
    const lastAt = later(this.#edges.get(key)?.lastAt ?? null, at);
    this.#edges.set(key, { from, to, use, lastAt });
  }

  isLinked(from: string, to: string, use: string): boolean {
    return this.#edges.has(JSON.stringify([from, to, use]));
  }

  graph(): { readonly nodes: Node[]; readonly edges: Edge[] } {
    return { nodes: [...this.#nodes.values()], edges: [...this.#edges.values()] };
  }
}

function addPipelines(
  draft: GraphDraft,
  { pipelines }: LineageFacts,
  states: ReadonlyMap<string, JudgedPipeline>,
): void {
  for (const { name, group } of pipelines) {
    const state = states.get(name);
    const success = state?.success ?? null;
    const id = `pipeline:${name}`;
    draft.touch(
      node({ id, kind: "pipeline", name, detail: group, state: state?.health ?? null }),
      success === null ? null : new Date(success.finishedAt),
    );
  }
}

function addTables(
  draft: GraphDraft,
  facts: LineageFacts,
  states: ReadonlyMap<string, JudgedPipeline>,
): ReturnType<typeof writtenTables> {
  const written = writtenTables(facts);
  for (const { pipeline, table, at } of facts.tables) {
    const id = written.idOf(pipeline, table);
    const detail = written.places.get(id) ?? null;
    draft.touch(
      node({ id, kind: "table", name: table, detail, state: states.get(pipeline)?.health ?? null }),
      at,
    );
    draft.link(`pipeline:${pipeline}`, id, "write", at);
  }
  return written;
}

/** Gives the pipelines that read something. */
function addUses(
  draft: GraphDraft,
  { uses }: LineageFacts,
  written: ReturnType<typeof writtenTables>,
): ReadonlySet<string> {
  const reading = new Set<string>();
  for (const use of uses) {
    if (use.use === "write" || use.use === "delete") continue;
    reading.add(use.pipeline);
    const table = written.find(use);
    const id = table ?? `source:${placeOf(use)}`;
    if (table === undefined)
      draft.touch(node({ id, kind: "source", name: nameOf(use), detail: use.database }), use.at);
    // Its own table, which it reads to compare with, is not where its data come from.
    if (draft.isLinked(`pipeline:${use.pipeline}`, id, "write")) continue;
    draft.link(id, `pipeline:${use.pipeline}`, use.use, use.at);
  }
  return reading;
}

/** What is connected to one node, up and down the stream. */
export function connectedTo(graph: Graph, wanted: (node: Node) => boolean): Graph {
  const keep = new Set(graph.nodes.filter(wanted).map(({ id }) => id));
  const walk = (next: (edge: Edge) => readonly [string, string]): Set<string> => {
    const steps = Map.groupBy(graph.edges, (edge) => next(edge)[0]);
    const seen = new Set(keep);
    // A set that grows while it is gone through is gone through to its end.
    for (const id of seen) for (const edge of steps.get(id) ?? []) seen.add(next(edge)[1]);
    return seen;
  };
  const found = new Set([...walk(({ from, to }) => [from, to]), ...walk(({ from, to }) => [to, from])]);
  return {
    nodes: graph.nodes.filter(({ id }) => found.has(id)),
    edges: graph.edges.filter(({ from, to }) => found.has(from) && found.has(to)),
    truncated: graph.truncated,
  };
}

/** The tables that pipelines write: where each is, as their runs tell. */
function writtenTables({ uses, tables }: LineageFacts): {
  readonly idOf: (pipeline: string, table: string) => string;
  readonly places: ReadonlyMap<string, string>;
  readonly find: (use: LineageUse) => string | undefined;
} {
  const places = new Map<string, LineageUse>();
  const byPlace = new Map<string, string>();
  for (const use of uses) {
    if (use.use === "write" && use.kind === "table")
      places.set(`${use.pipeline}\n${use.name.toLowerCase()}`, use);
  }
  const idOf = (pipeline: string, table: string): string => {
    const use = places.get(`${pipeline}\n${table.toLowerCase()}`);
    return use === undefined ? `table:${pipeline}/${table}` : `table:${placeOf(use)}`;
  };
  const details = new Map<string, string>();
  for (const { pipeline, table } of tables) {
    const id = idOf(pipeline, table);
    const use = places.get(`${pipeline}\n${table.toLowerCase()}`);
    if (use === undefined) continue;
    byPlace.set(placeOf(use), id);
    details.set(id, use.database);
  }
  return { idOf, places: details, find: (use) => byPlace.get(placeOf(use)) };
}

/** Databases do not tell capitals apart where names are not quoted. */
function placeOf({ database, namespace, name }: LineageUse): string {
  return `${database}/${namespace === "" ? "" : `${namespace}.`}${name}`.toLowerCase();
}

function nameOf({ namespace, name }: LineageUse): string {
  return namespace === "" ? name : `${namespace}.${name}`;
}

function node(
  given: Pick<Node, "id" | "kind" | "name" | "detail"> & { readonly state?: Node["state"] },
): Node {
  return { state: null, lastAt: null, ...given };
}

function later(known: string | null, at: Date | null): string | null {
  const next = at?.toISOString() ?? null;
  return known === null || (next !== null && next > known) ? next : known;
}

function cut({ nodes, edges }: Omit<Graph, "truncated">): Graph {
  if (nodes.length <= NODES) return { nodes, edges, truncated: false };
  const kept = nodes.slice(0, NODES);
  const ids = new Set(kept.map(({ id }) => id));
  return {
    nodes: kept,
    edges: edges.filter(({ from, to }) => ids.has(from) && ids.has(to)),
    truncated: true,
  };
}
