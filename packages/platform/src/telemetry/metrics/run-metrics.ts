import type { Counts, RunEvent } from "@millrace/core";
import type { Metrics } from "./metrics.ts";

/** What is known of a run when it is claimed. */
export interface StartedRun {
  readonly pipeline: string;
  readonly queue: string;
  /** 1 for its first process. */
  readonly tries: number;
  /** Milliseconds from when it could be claimed until it was. */
  readonly waitedMs: number;
  /** Milliseconds since its schedule was due; undefined where none was. */
  readonly lateMs: number | undefined;
}

/** How a process of a run ended. */
export interface EndedRun {
  /** `succeeded`, `failed`, `stopped`, `cancelled`, `died`; `queued` and `lost` where it is not over. */
  readonly outcome: string;
  readonly durationMs: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly peakMemoryBytes: number | null;
  readonly cpuMs: number | null;
  readonly exceptions: number;
}

const ROWS = {
  read: "millrace_rows_read_total",
  inserted: "millrace_rows_inserted_total",
  updated: "millrace_rows_updated_total",
  unchanged: "millrace_rows_unchanged_total",
  removed: "millrace_rows_removed_total",
  restored: "millrace_rows_restored_total",
  rejected: "millrace_rows_rejected_total",
  duplicates: "millrace_rows_duplicate_total",
} as const satisfies Record<keyof Counts, string>;

/** Counts what becomes of runs. */
export class RunMetrics {
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  started({ pipeline, queue, tries, waitedMs, lateMs }: StartedRun): void {
    const metrics = this.#metrics;
    if (tries === 1) metrics.add("millrace_runs_started_total", { pipeline, queue });
    metrics.observe("millrace_queue_wait_seconds", waitedMs / 1_000, { queue });
    if (lateMs !== undefined)
      metrics.observe("millrace_schedule_lateness_seconds", lateMs / 1_000, { queue });
  }

  /** Its code runs, so many milliseconds after the claim. */
  began(queue: string, afterMs: number): void {
    this.#metrics.observe("millrace_run_start_seconds", Math.max(0, afterMs) / 1_000, { queue });
  }

  event(pipeline: string, event: RunEvent): void {
    const metrics = this.#metrics;
    switch (event.type) {
      case "committed":
        metrics.add("millrace_commits_total", { pipeline });
        for (const [table, counts] of Object.entries(event.tables)) this.#rows(pipeline, table, counts);
        break;
      case "retrying":
        metrics.add("millrace_run_retries_total", { pipeline });
        break;
      case "schema":
        for (const { table } of event.changes)
          metrics.add("millrace_schema_changes_total", { pipeline, table });
        break;
      case "quality":
        metrics.add("millrace_quality_results_total", {
          pipeline,
          table: event.table,
          status: event.status,
        });
        break;
      default:
    }
  }

  ended(pipeline: string, end: EndedRun): void {
    const metrics = this.#metrics;
    const { outcome, exitCode, signal } = end;
    metrics.add("millrace_run_attempts_total", { pipeline, status: outcome });
    if (outcome !== "queued" && outcome !== "lost") this.over(pipeline, outcome);
    metrics.observe("millrace_run_duration_seconds", end.durationMs / 1_000, { pipeline });
    if (end.peakMemoryBytes !== null)
      metrics.observe("millrace_run_peak_memory_bytes", end.peakMemoryBytes, { pipeline });
    metrics.add("millrace_run_cpu_seconds_total", { pipeline }, (end.cpuMs ?? 0) / 1_000);
    metrics.add("millrace_run_exceptions_total", { pipeline }, end.exceptions);
    const status = signal ?? (exitCode === 0 ? "0" : "other");
    metrics.add("millrace_run_process_exits_total", { status });
  }

  /** It is over: also where its worker is gone, and this process found that out. */
  over(pipeline: string, status: string): void {
    this.#metrics.add("millrace_runs_finished_total", { pipeline, status });
  }

  #rows(pipeline: string, table: string, counts: Counts): void {
    for (const field of Object.keys(ROWS) as (keyof Counts)[]) {
      this.#metrics.add(ROWS[field], { pipeline, table }, counts[field]);
    }
  }
}
