import type { QueryClient } from "@tanstack/react-query";
import type { LiveSource } from "./messages.ts";

/** Paths of the lists of sources, by the kind in their topic. */
const PATHS: Readonly<Record<string, string>> = {
  collector: "/api/v1/collectors",
  sampling: "/api/v1/sampling",
  documents: "/api/v1/documents",
};

interface Sources {
  readonly items: readonly LiveSource[];
}

/** The path of the sources that a topic tells of; undefined for a topic of something else. */
export function sourcesPath(topic: string): string | undefined {
  return topic.startsWith("sources:") ? PATHS[topic.slice("sources:".length)] : undefined;
}

/** Puts what sources say into their list; what shows a single one is asked for again. */
export function mergeSources(
  queries: QueryClient,
  topic: string,
  sources: readonly LiveSource[],
): ReadonlySet<string> {
  const path = sourcesPath(topic);
  if (path === undefined) return new Set();
  // Its list is of documents, which the source's own status only says that there is news of.
  if (topic === "sources:documents") return new Set([path, `${path}/`]);
  queries.setQueryData<Sources>([path, null], (known) => {
    if (known === undefined) return known;
    const changed = new Map(sources.map((source) => [source.pipeline, source]));
    const items = known.items.map((item) => changed.get(item.pipeline) ?? item);
    const names = new Set(known.items.map(({ pipeline }) => pipeline));
    return { ...known, items: [...items, ...sources.filter(({ pipeline }) => !names.has(pipeline))] };
  });
  return new Set([`${path}/`]);
}
