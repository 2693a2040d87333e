import type { QueryClient } from "@tanstack/react-query";
import { mergeEvent } from "./merge-event.ts";
import { mergeRun } from "./merge-run.ts";
import { mergeSources, sourcesPath } from "./merge-sources.ts";
import type { LiveData } from "./messages.ts";

/** Key under which the cache keeps the platform's latest metrics. */
export const METRICS_KEY = ["live", "metrics"] as const;

/** Paths of answers that have to be asked for again. */
export type Stale = ReadonlySet<string>;

const NOTHING: Stale = new Set();

/** Brings the cache up to date with one update; gives what a patch cannot bring up to date. */
export function mergeLive(queries: QueryClient, topic: string, data: LiveData): Stale {
  if (data.metrics !== undefined) {
    queries.setQueryData(METRICS_KEY, data.metrics);
    return NOTHING;
  }
  if (data.sources !== undefined) return mergeSources(queries, topic, data.sources);
  if (data.run !== undefined) return mergeRun(queries, data.run);
  if (data.event !== undefined) return mergeEvent(queries, data.event);
  // Lines of a log go to those who show them; a gap among them is closed by loading the log anew.
  return data.gap === undefined ? NOTHING : resetTopic(topic);
}

/** What has to be asked for again where a topic could not be resumed. */
export function resetTopic(topic: string): Stale {
  if (topic.startsWith("log:")) return new Set(["/api/v1/runs/{id}/logs", "/api/v1/logs"]);
  if (topic === "events") return new Set(["/api/v1/events"]);
  if (topic === "metrics") return NOTHING;
  const sources = sourcesPath(topic);
  if (sources !== undefined) return new Set([sources, `${sources}/`]);
  return new Set([
    "/api/v1/overview",
    "/api/v1/overview/",
    "/api/v1/runs",
    "/api/v1/runs/",
    "/api/v1/pipelines",
    "/api/v1/pipelines/",
    "/api/v1/queues",
  ]);
}
