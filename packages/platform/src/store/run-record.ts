import type { Counts, Json, RunReport } from "@millrace/core";

/** How far a run has come. `stopped`: it goes on when run again; `cancelled`: ended by force; `died`: its process ended without saying so. */
export type RecordStatus = "queued" | "running" | "succeeded" | "failed" | "stopped" | "cancelled" | "died";

/** One line that a run logged. */
export interface LogLine {
  /** ISO 8601. */
  readonly at: string;
  readonly level: "debug" | "info" | "warn";
  readonly message: string;
  readonly details?: Readonly<Record<string, Json>>;
}

/** How a run came into the queue, and waits or waited in it. */
export interface RunQueueing {
  readonly queue: string;
  readonly priority: number;
  /** The fire that it answers, ISO 8601; null where no schedule asked for it. */
  readonly dueAt: string | null;
  /** ISO 8601. */
  readonly queuedAt: string;
  /** Not started before, ISO 8601. */
  readonly availableAt: string;
  readonly labels: readonly string[];
  readonly pools: readonly string[];
  /** Who asked for it; null where a schedule or a parent did. */
  readonly requestedBy: string | null;
  /** The parents' runs that it follows. */
  readonly parentRuns: readonly string[] | null;
}

/** The processes that carried a run out. */
export interface RunProcess {
  /** The worker, UUID. */
  readonly worker: string | null;
  /** Processes that were started for it. */
  readonly tries: number;
  readonly maxTries: number;
  /** Of the last one; null where a signal ended it, or none has ended. */
  readonly exitCode: number | null;
  /** Such as SIGKILL. */
  readonly signal: string | null;
  readonly peakMemoryBytes: number | null;
  readonly cpuMs: number | null;
  /** Errors that nobody caught. */
  readonly exceptions: number;
  readonly lastException: Json;
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
  /** Null where it still waits to be started. */
  readonly host: string | null;
  readonly pid: number | null;
  /** ISO 8601; null where it still waits. */
  readonly startedAt: string | null;
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
  /** Null for runs that did not come by the queue. */
  readonly queueing: RunQueueing | null;
  readonly process: RunProcess | null;
  /** The interrupted run (UUID) that it went on with. */
  readonly continues: string | null;
  /** Git commit of the project, or digest of the pipeline's file. */
  readonly codeVersion: string | null;
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
  readonly host: string | null;
  readonly pid: number | null;
  readonly started_at: Date | null;
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
  readonly due_at: Date | null;
  readonly queued_at: Date | null;
  readonly available_at: Date | null;
  readonly queue: string;
  readonly priority: number;
  readonly labels: readonly string[];
  readonly pools: readonly string[];
  readonly tries: number;
  readonly max_tries: number;
  readonly requested_by: string | null;
  readonly parent_runs: readonly string[] | null;
  readonly worker: string | null;
  readonly continues: string | null;
  readonly code_version: string | null;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly peak_memory_bytes: string | null;
  readonly cpu_ms: string | null;
  readonly exceptions: number;
  readonly last_exception: Json;
}

export function recordOf(row: RunRow): RunRecord {
  const { id, pipeline, partition, status, attempt, trigger, lease, host, pid, resumed } = row;
  const { counts, checkpoint, withheld, error, options, log, continues } = row;
  return {
    ...{ id, pipeline, partition, status, attempt, trigger, lease, host, pid, resumed },
    ...{ counts, checkpoint, withheld, error, options, log, continues },
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
    durationMs: numberOf(row.duration_ms),
    codeVersion: row.code_version,
    queueing: queueingOf(row),
    process: row.queued_at === null ? null : processOf(row),
  };
}

function queueingOf(row: RunRow): RunQueueing | null {
  if (row.queued_at === null) return null;
  return {
    queue: row.queue,
    priority: row.priority,
    dueAt: row.due_at?.toISOString() ?? null,
    queuedAt: row.queued_at.toISOString(),
    availableAt: (row.available_at ?? row.queued_at).toISOString(),
    labels: row.labels,
    pools: row.pools,
    requestedBy: row.requested_by,
    parentRuns: row.parent_runs,
  };
}

function processOf(row: RunRow): RunProcess {
  return {
    worker: row.worker,
    tries: row.tries,
    maxTries: row.max_tries,
    exitCode: row.exit_code,
    signal: row.signal,
    peakMemoryBytes: numberOf(row.peak_memory_bytes),
    cpuMs: numberOf(row.cpu_ms),
    exceptions: row.exceptions,
    lastException: row.last_exception,
  };
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}
