import type { QueryClient } from "@tanstack/react-query";
import { hasItem, mapItems, type Item } from "./map-items.ts";
import type { RunPatch, RunStatus } from "./messages.ts";

const RUNS = "/api/v1/runs";
const RUN = "/api/v1/runs/{id}";
const RUNNING = "/api/v1/overview/running";
const PIPELINES = "/api/v1/pipelines";
const PIPELINE = "/api/v1/pipelines/{name}";
const PIPELINE_RUNS = "/api/v1/pipelines/{name}/runs";
const STRIPS = "/api/v1/overview/strips";

/** Sums over many runs: they change whenever a run begins or ends, and no patch carries them. */
const SUMS = [
  "/api/v1/overview",
  "/api/v1/overview/attention",
  "/api/v1/overview/freshness",
  "/api/v1/overview/volume",
  "/api/v1/overview/timeline",
  "/api/v1/errors",
  "/api/v1/queues",
  "/api/v1/workers",
  "/api/v1/backfills",
];
/** Parts of a run that grow while it goes on. */
const PARTS = ["/api/v1/runs/{id}/tables", "/api/v1/runs/{id}/phases"];
/** Parts of a run that are known when it is over. */
const ENDING = [
  "/api/v1/runs/{id}/objects",
  "/api/v1/runs/{id}/files",
  "/api/v1/runs/{id}/functions",
  "/api/v1/runs/{id}/compare",
];

/** Brings every answer that shows a run up to date; gives the paths of those that have to be asked for again. */
export function mergeRun(queries: QueryClient, patch: RunPatch): ReadonlySet<string> {
  const stale = new Set<string>();
  for (const query of queries.getQueryCache().findAll()) {
    const [path, params] = query.queryKey as readonly [unknown, unknown];
    if (query.state.data === undefined) continue;
    const merged = mergeInto(path, params, query.state.data, patch);
    if (merged === "stale") stale.add(path as string);
    else if (merged !== query.state.data) queries.setQueryData(query.queryKey, merged);
  }
  if (patch.status !== undefined) {
    for (const path of SUMS) stale.add(path);
    if (isOver(patch.status)) {
      for (const path of [...ENDING, RUN, PIPELINES, PIPELINE]) stale.add(path);
    }
  }
  for (const path of PARTS) stale.add(path);
  return stale;
}

/** Whether a run with this status has ended. */
function isOver(status: RunStatus): boolean {
  return status !== "queued" && status !== "running";
}

function mergeInto(path: unknown, params: unknown, data: unknown, patch: RunPatch): unknown {
  switch (path) {
    case RUN:
      return (data as Item)["id"] === patch.id ? mergeItem(data as Item, patch) : data;
    case RUNS:
    case PIPELINE_RUNS:
      return mergeList(params, data, patch);
    case RUNNING:
      return mergeRunning(data, patch);
    case STRIPS:
      return mapItems(data, (item) =>
        item["pipeline"] === patch.pipeline ? mergeStrip(item, "runs", patch) : item,
      );
    case PIPELINES:
      return mapItems(data, (item) => (item["name"] === patch.pipeline ? mergePipeline(item, patch) : item));
    case PIPELINE:
      return (data as Item)["name"] === patch.pipeline ? mergePipeline(data as Item, patch) : data;
    default:
      return data;
  }
}

const SAME = [
  "status",
  "trigger",
  "queuedAt",
  "startedAt",
  "finishedAt",
  "durationMs",
  "worker",
  "ending",
] as const satisfies readonly (keyof RunPatch)[];
const COUNTS = ["inserted", "updated", "removed", "rejected"] as const satisfies readonly (keyof RunPatch)[];

/** A run of a list, or a run's own page. */
function mergeItem(item: Item, patch: RunPatch): Item {
  const merged: Record<string, unknown> = { ...item };
  for (const key of SAME) if (patch[key] !== undefined && key in item) merged[key] = patch[key];
  if (patch.attempt !== undefined && "tries" in item) merged["tries"] = patch.attempt;
  if (patch.error !== undefined)
    merged["error"] = patch.error === null ? null : { ...(item["error"] as object | null), ...patch.error };
  const counts: Record<string, unknown> = { ...(item["rows"] as object | null) };
  if (patch.rows !== undefined) counts["read"] = patch.rows;
  for (const key of COUNTS) if (patch[key] !== undefined) counts[key] = patch[key];
  if ("rows" in item) merged["rows"] = counts;
  return merged;
}

function mergeList(params: unknown, data: unknown, patch: RunPatch): unknown {
  const mine = (item: Item): boolean => item["id"] === patch.id;
  if (hasItem(data, mine)) return mapItems(data, (item) => (mine(item) ? mergeItem(item, patch) : item));
  // A run that this list has not: only a first patch can be about one that belongs into it.
  return patch.trigger !== undefined && mayBelong(params, patch) ? "stale" : data;
}

/** Whether a list that was asked for with these parameters might hold the run. */
function mayBelong(params: unknown, patch: RunPatch): boolean {
  const { query, path } = (params ?? {}) as { readonly query?: Item; readonly path?: Item };
  if (path !== undefined && path["name"] !== patch.pipeline) return false;
  return among(query?.["pipeline"], patch.pipeline) && among(query?.["status"], patch.status);
}

function among(wanted: unknown, value: string | undefined): boolean {
  if (wanted === undefined || value === undefined) return true;
  if (Array.isArray(wanted)) return wanted.includes(value);
  return typeof wanted === "string" && wanted.split(",").includes(value);
}

function mergeRunning(data: unknown, patch: RunPatch): unknown {
  const mine = (item: Item): boolean => item["run"] === patch.id;
  const over = patch.status !== undefined && patch.status !== "running";
  if (hasItem(data, mine)) {
    return mapItems(data, (item) => (!mine(item) ? item : over ? undefined : mergeProgress(item, patch)));
  }
  return patch.status === "running" ? "stale" : data;
}

const PROGRESS = [
  "rows",
  "inserted",
  "updated",
  "removed",
  "rejected",
  "rowsPerSecond",
  "totalRows",
  "bytes",
  "totalBytes",
  "memoryBytes",
  "cpuShare",
  "note",
  "ending",
] as const satisfies readonly (keyof RunPatch)[];

function mergeProgress(item: Item, patch: RunPatch): Item {
  const merged: Record<string, unknown> = { ...item };
  for (const key of PROGRESS) if (patch[key] !== undefined) merged[key] = patch[key];
  const share = shareOf({ ...(merged as { rows?: number }), ...patch });
  if (share !== undefined) merged["share"] = share;
  return merged;
}

/** How much of a run is done, where one of its totals is known. */
function shareOf(run: Partial<RunPatch>): number | undefined {
  const pairs = [
    [run.done, run.total],
    [run.bytes, run.totalBytes],
    [run.rows, run.totalRows],
  ] as const;
  for (const [part, whole] of pairs) {
    if (part != null && whole != null && whole > 0) return Math.min(1, part / whole);
  }
  return undefined;
}

const STRIP_RUNS = 30;

/** The ticks of a pipeline's last runs: the run's own is changed, or one is put at the end. */
function mergeStrip(item: Item, key: "runs" | "strip", patch: RunPatch): Item {
  if (patch.status === undefined || patch.status === "queued") return item;
  const runs = (item[key] as readonly Item[] | undefined) ?? [];
  const known = runs.some((run) => run["id"] === patch.id);
  const tick = {
    id: patch.id,
    status: patch.status,
    startedAt: null,
    finishedAt: null,
    durationMs: null,
    rows: 0,
  };
  const before = known ? runs : [...runs, tick].slice(-STRIP_RUNS);
  return { ...item, [key]: before.map((run) => (run["id"] === patch.id ? mergeTick(run, patch) : run)) };
}

function mergeTick(run: Item, patch: RunPatch): Item {
  const { status, startedAt, finishedAt, durationMs } = patch;
  return {
    ...run,
    ...(status === undefined ? {} : { status }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

function mergePipeline(item: Item, patch: RunPatch): Item {
  const merged = { ...mergeStrip(item, "strip", patch) };
  const last = item["lastRun"] as Item | null | undefined;
  if (last != null && last["id"] === patch.id) return { ...merged, lastRun: mergeTick(last, patch) };
  return merged;
}
