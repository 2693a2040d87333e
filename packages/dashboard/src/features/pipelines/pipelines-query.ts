import type { Params } from "../../api/get-query.ts";

/** What the address says of the list of pipelines. */
export interface PipelineSearch {
  readonly q?: string | undefined;
  readonly state?: string | undefined;
  readonly group?: string | undefined;
  readonly sort?: string | undefined;
}

type Query = NonNullable<Extract<Params<"/api/v1/pipelines">, { query?: unknown }>["query"]>;

/** The choices of the filter by state, as the address names them. */
export const STATE_CHOICES = [
  { value: "", label: "All states" },
  { value: "healthy", label: "Last run succeeded" },
  { value: "failing", label: "Last run failed" },
  { value: "running", label: "Running now" },
  { value: "queued", label: "Waiting to run" },
  { value: "neverRan", label: "Never ran" },
  { value: "paused", label: "Paused" },
  { value: "disabled", label: "Disabled" },
  { value: "retired", label: "Retired" },
] as const;

const STATES: Readonly<Record<string, Partial<Query>>> = {
  healthy: { state: "enabled", status: "succeeded" },
  failing: { status: "failed,died" },
  running: { status: "running" },
  queued: { status: "queued" },
  neverRan: { status: "never" },
  paused: { state: "paused" },
  disabled: { state: "disabled" },
  retired: { state: "retired" },
};

/** The choices of the order, as the address names them. */
export const SORT_CHOICES = [
  { value: "name", label: "By name" },
  { value: "group", label: "By group" },
  { value: "lastRun", label: "Last run first" },
  { value: "nextRun", label: "Next run first" },
  { value: "duration", label: "Slowest first" },
  { value: "failures", label: "Most failures first" },
] as const;

const DESCENDING = new Set(["lastRun", "duration", "failures"]);

/** What the API is asked for; what an address typed by hand names wrongly is left out. */
export function pipelinesQuery(search: PipelineSearch): Query {
  const sort = SORT_CHOICES.find((choice) => choice.value === search.sort)?.value ?? "name";
  return {
    limit: 100,
    sort,
    order: DESCENDING.has(sort) ? "desc" : "asc",
    ...(search.q === undefined ? {} : { search: search.q }),
    ...(search.group === undefined ? {} : { group: search.group }),
    ...STATES[search.state ?? ""],
  };
}
