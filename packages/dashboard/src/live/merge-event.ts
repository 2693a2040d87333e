import type { QueryClient } from "@tanstack/react-query";
import { addItem, hasItem } from "./map-items.ts";
import type { LiveEvent } from "./messages.ts";

const EVENTS = "/api/v1/events";

/** Which answers an event makes old, by the beginning of its type. */
const STALE: readonly (readonly [prefix: string, paths: readonly string[]])[] = [
  [
    "pipeline.",
    ["/api/v1/pipelines", "/api/v1/pipelines/{name}", "/api/v1/overview", "/api/v1/overview/strips"],
  ],
  ["schema.", ["/api/v1/overview/schema-drift", "/api/v1/pipelines/{name}/schema"]],
  ["notification.", ["/api/v1/notifications"]],
  ["worker.", ["/api/v1/workers"]],
  ["backfill.", ["/api/v1/backfills"]],
  ["quality.", ["/api/v1/quality"]],
  ["task.", ["/api/v1/tasks", "/api/v1/jobs"]],
];

/** Puts an event at the head of the lists that it belongs to; gives the paths of answers that it makes old. */
export function mergeEvent(queries: QueryClient, event: LiveEvent): ReadonlySet<string> {
  for (const query of queries.getQueryCache().findAll()) {
    const [path, params] = query.queryKey as readonly [unknown, unknown];
    const { data } = query.state;
    if (path !== EVENTS || data === undefined || !belongs(params, event)) continue;
    if (hasItem(data, (item) => item["id"] === event.id)) continue;
    queries.setQueryData(query.queryKey, addItem(data, { ...event }));
  }
  return new Set(STALE.filter(([prefix]) => event.type.startsWith(prefix)).flatMap(([, paths]) => paths));
}

function belongs(params: unknown, event: LiveEvent): boolean {
  const query = (params as { readonly query?: Readonly<Record<string, unknown>> } | null)?.query ?? {};
  const type = query["type"];
  if (typeof type === "string" && !type.split(",").includes(event.type)) return false;
  if (Array.isArray(type) && !type.includes(event.type)) return false;
  if (query["to"] !== undefined) return false;
  return (["pipeline", "group", "run"] as const).every(
    (key) => query[key] === undefined || query[key] === event[key],
  );
}
