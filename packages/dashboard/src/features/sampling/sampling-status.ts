import type { Answer } from "../../api/get-query.ts";

/** A pipeline of the list. */
export type SamplingItem = Answer<"/api/v1/sampling">["items"][number];

interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What a sampling source says; the same as packages/connectors/src/sampling/collector/sampling-status.ts declares, and more. */
export interface SamplingStatus {
  readonly contexts: readonly SamplingContext[];
  readonly readers: readonly SamplingTask[];
  readonly connections: readonly SamplingConnection[];
  readonly writers: readonly {
    readonly writer: string;
    readonly written: number;
    readonly waiting: number;
    readonly dropped: number;
    readonly failures: number;
    readonly lastError?: string;
  }[];
  readonly jitterMs: Spread;
  readonly wallAheadMs: number;
  readonly waitingRows: number;
  readonly entriesOnDisk: number;
  readonly droppedRows: number;
  readonly activeAlarms: number;
  /** Left out of the list. */
  readonly view?: readonly SamplingValue[];
}

/** One wish to have variables sampled. */
export interface SamplingContext {
  readonly id: number;
  readonly name: string;
  readonly state: string;
  readonly startedAt: string;
  readonly endsAt: string | null;
  readonly variables: number;
  readonly samples: number;
  readonly bad: number;
  readonly skipped: number;
  readonly intervalsMs: readonly number[];
}

/** What reads on one connection. */
export interface SamplingTask {
  readonly reader: string;
  readonly connection: string;
  readonly variables: number;
  readonly reads: number;
  readonly values: number;
  readonly late: number;
  readonly skipped: number;
  readonly failures: number;
  readonly durationMs: Spread;
}

/** A connection to equipment. */
export interface SamplingConnection {
  readonly reader: string;
  readonly location: string;
  readonly state: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly lastError?: string;
}

/** A variable as it is now. */
export interface SamplingValue {
  readonly variable: number;
  readonly name: string;
  readonly address: string;
  readonly reader: string;
  readonly unit: string | null;
  readonly value: number | string | boolean | null;
  readonly quality: string;
  readonly code: string | null;
  readonly readTime: string | null;
  readonly intervalsMs: readonly number[];
  readonly achievedMs: number | null;
  readonly recent: readonly (number | null)[];
}

const NOTHING: SamplingStatus = {
  contexts: [],
  readers: [],
  connections: [],
  writers: [],
  jitterMs: { p50: 0, p99: 0, max: 0 },
  wallAheadMs: 0,
  waitingRows: 0,
  entriesOnDisk: 0,
  droppedRows: 0,
  activeAlarms: 0,
};

/** What the source of a pipeline said last; empty where that was too large to be kept. */
export function statusOf({ status }: { readonly status: unknown }): SamplingStatus {
  // The API passes on what the source says, without a schema of its own.
  return { ...NOTHING, ...(status as Partial<SamplingStatus>) };
}

/** Age from which a status of a run that goes on says nothing any more, in ms. */
const STALE_MS = 15_000;

/** How sampling does, also where it cannot say it itself any more. */
export function stateOf(item: Pick<SamplingItem, "running" | "ageMs" | "status">): string {
  if (!item.running) return "stopped";
  if (item.ageMs > STALE_MS) return "lost";
  const { contexts } = statusOf(item);
  return contexts.length > 0 && contexts.every(({ state }) => state === "paused") ? "paused" : "running";
}
