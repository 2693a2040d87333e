import type { Counts, Json, RunReport } from "@millrace/core";

/** How far a run has come. `died`: its process ended without saying so. */
export type RecordStatus = "queued" | "running" | "succeeded" | "failed" | "stopped" | "died";

/** One line that a run logged. */
export interface LogLine {
  /** ISO 8601. */
  readonly at: string;
  readonly level: "debug" | "info" | "warn";
  readonly message: string;
  readonly details?: Readonly<Record<string, Json>>;
}

/** What is kept of a run. */
export interface RunRecord {
  /** UUID. */
  readonly id: string;
  readonly pipeline: string;
  readonly partition: string;
  readonly status: RecordStatus;
  /** Fence number of the latest attempt; null until the destination was open. */
  readonly attempt: string | null;
  /** What started it: `manual`, `schedule`, … */
  readonly trigger: string;
  /** Token of the lease that it runs under; null where it runs under none. */
  readonly lease: string | null;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  /** True where an interrupted run was continued. */
  readonly resumed: boolean;
  readonly counts: Readonly<Record<string, Counts>>;
  readonly checkpoint: Readonly<Record<string, Json>>;
  readonly withheld: Readonly<Record<string, readonly string[]>>;
  readonly error: RunReport["error"] | null;
  /** How it was asked for. */
  readonly options: Readonly<Record<string, Json>>;
  /** The last lines, oldest first. */
  readonly log: readonly LogLine[];
}

/** A row of `runs` as the driver gives it. */
export interface RunRow {
  readonly id: string;
  readonly pipeline: string;
  readonly partition: string;
  readonly status: RecordStatus;
  readonly attempt: string | null;
  readonly trigger: string;
  readonly lease: string | null;
  readonly host: string;
  readonly pid: number;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly duration_ms: string | null;
  readonly updated_at: Date;
  readonly resumed: boolean;
  readonly counts: RunRecord["counts"];
  readonly checkpoint: RunRecord["checkpoint"];
  readonly withheld: RunRecord["withheld"];
  readonly error: RunRecord["error"];
  readonly options: RunRecord["options"];
  readonly log: readonly LogLine[];
}

export function recordOf(row: RunRow): RunRecord {
  const { started_at, finished_at, duration_ms, updated_at: _, ...same } = row;
  return {
    ...same,
    startedAt: started_at.toISOString(),
    finishedAt: finished_at?.toISOString() ?? null,
    durationMs: duration_ms === null ? null : Number(duration_ms),
  };
}
