import type { ReaderStatus } from "../../shared/sampling/index.ts";
import type { ContextStatus } from "./running-context.ts";
import type { Spread } from "./spread.ts";
import type { WriterStatus } from "./writer-queue.ts";

/** Percentiles in ms. */
export type SpreadSummary = ReturnType<Spread["summary"]>;

/** What one reader does on one connection. */
export interface TaskStatus {
  readonly reader: string;
  /** The connection's name; empty where the reader has one only. */
  readonly connection: string;
  readonly variables: number;
  /** Calls of the reader. */
  readonly reads: number;
  readonly values: number;
  /** Ticks that came while the reader was busy. */
  readonly late: number;
  /** Ticks that were not read at all. */
  readonly skipped: number;
  readonly failures: number;
  readonly durationMs: SpreadSummary;
}

/** How a collector is. */
export interface SamplingStatus {
  readonly contexts: readonly ContextStatus[];
  readonly readers: readonly TaskStatus[];
  readonly connections: readonly (ReaderStatus & { readonly reader: string })[];
  readonly writers: readonly WriterStatus[];
  /** How late ticks were served. */
  readonly jitterMs: SpreadSummary;
  /** How far the wall clock was set ahead of the ticks' clock since the start. */
  readonly wallAheadMs: number;
}
