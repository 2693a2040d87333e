import { systemClock } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type pg from "pg";

/** A run as a test wants it; everything that is not said is as for one that succeeded a minute ago and took a second. */
export interface SeededRun {
  readonly pipeline: string;
  readonly status?: "queued" | "running" | "succeeded" | "failed" | "stopped" | "cancelled" | "died";
  readonly partition?: string;
  /** When it began: ms since 1970. */
  readonly startedAt?: number;
  readonly durationMs?: number;
  readonly dueAt?: number;
  readonly counts?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly codeVersion?: string;
  readonly log?: readonly { readonly at: string; readonly level: string; readonly message: string }[];
  readonly options?: object;
  readonly progress?: object;
}

const BEGUN = ["running", "succeeded", "failed", "stopped", "cancelled", "died"];

function dateOf(at: number | undefined): Date | null {
  return at === undefined ? null : new Date(at);
}

function textOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** Writes the records of runs, one after the other; gives their ids. */
export async function seedRuns(pool: pg.Pool, runs: readonly SeededRun[]): Promise<string[]> {
  const ids: string[] = [];
  for (const run of runs) {
    const { status = "succeeded", durationMs = 1_000 } = run;
    const startedAt = run.startedAt ?? Date.now() - 60_000;
    const id = newRunId({ ...systemClock, now: () => startedAt });
    const begun = BEGUN.includes(status);
    const over = begun && status !== "running";
    await pool.query(
      `INSERT INTO millrace_control.runs (id, pipeline, partition, status, trigger, queued_at, available_at, due_at, started_at,
         finished_at, duration_ms, counts, error, code_version, log, options, progress, host, pid)
       VALUES ($1, $2, $3, $4, 'schedule', $5, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'here', 1)`,
      [
        id,
        run.pipeline,
        run.partition ?? "",
        status,
        new Date(startedAt - 100),
        dateOf(run.dueAt),
        begun ? new Date(startedAt) : null,
        over ? new Date(startedAt + durationMs) : null,
        over ? durationMs : null,
        JSON.stringify(run.counts ?? {}),
        textOf(run.error),
        run.codeVersion ?? null,
        JSON.stringify(run.log ?? []),
        JSON.stringify(run.options ?? {}),
        textOf(run.progress),
      ],
    );
    ids.push(id);
  }
  return ids;
}
