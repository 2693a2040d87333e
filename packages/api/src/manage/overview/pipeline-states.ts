import type { Schedule } from "@millrace/core";
import type pg from "pg";
import { expectedOf, type Expected } from "./expected.ts";
import type { Fires } from "./fires.ts";
import type { Health } from "./schemas.ts";

/** A pipeline as its registration and its last runs show it. Instants are ms since 1970. */
export interface PipelineState {
  readonly name: string;
  readonly group: string | null;
  readonly owner: string | null;
  readonly schedule: Schedule | null;
  readonly parents: readonly string[];
  readonly codeVersion: string | null;
  readonly failures: number;
  readonly registeredAt: number;
  readonly enabled: boolean;
  readonly paused: boolean;
  /** The latest run that succeeded, failed or died; null: none has. */
  readonly lastRun: string | null;
  readonly lastStatus: string | null;
  readonly success: {
    readonly run: string;
    /** The fire that it answered, or its start. */
    readonly dueAt: number;
    readonly finishedAt: number;
    readonly codeVersion: string | null;
  } | null;
  readonly failingSince: number | null;
  readonly medianMs: number | null;
  readonly p90Ms: number | null;
  /** A run goes on, and since when. */
  readonly runningSince: number | null;
  /** When the last of its parents had succeeded once more since its own success; null: not all have, or it has none. */
  readonly parentsDueAt: number | null;
}

/** A pipeline and how it does. */
export interface JudgedPipeline extends PipelineState {
  readonly health: Health;
  /** What it is to bring next and by when; undefined where nothing says so. */
  readonly expected: Expected | undefined;
}

/** All pipelines that are not retired, by name, each with how it does at `now`. */
export async function judgedPipelines(pool: pg.Pool, fires: Fires, now: number): Promise<JudgedPipeline[]> {
  const { rows } = await pool.query<Row>(STATES);
  return rows.map(stateOf).map((state) => {
    const expected = expectedOf(state, fires);
    return { ...state, expected, health: healthOf(state, expected, now) };
  });
}

function healthOf(state: PipelineState, expected: Expected | undefined, now: number): Health {
  if (!state.enabled) return "disabled";
  if (state.paused) return "paused";
  if (state.lastStatus === "failed" || state.lastStatus === "died") return "failing";
  if (expected !== undefined && now > expected.by) return "late";
  if (state.lastRun === null && state.runningSince === null) return "neverRan";
  return "healthy";
}

interface Row {
  readonly name: string;
  readonly group_name: string | null;
  readonly owner: string | null;
  readonly schedule: Schedule | null;
  readonly parents: string[];
  readonly code_version: string | null;
  readonly failures: number;
  readonly registered_at: Date;
  readonly enabled: boolean;
  readonly paused: boolean;
  readonly run: string | null;
  readonly status: string | null;
  readonly success_run: string | null;
  readonly success_due_at: Date | null;
  readonly success_started_at: Date | null;
  readonly success_finished_at: Date | null;
  readonly success_code_version: string | null;
  readonly failing_since: Date | null;
  readonly median_ms: number | null;
  readonly p90_ms: number | null;
  readonly running_since: Date | null;
  readonly parents_due_at: Date | null;
}

function stateOf(row: Row): PipelineState {
  const finished = row.success_finished_at;
  return {
    name: row.name,
    group: row.group_name,
    owner: row.owner,
    schedule: row.schedule,
    parents: row.parents,
    codeVersion: row.code_version,
    failures: row.failures,
    registeredAt: row.registered_at.getTime(),
    enabled: row.enabled,
    paused: row.paused,
    lastRun: row.run,
    lastStatus: row.status,
    success:
      row.success_run === null || finished === null
        ? null
        : {
            run: row.success_run,
            dueAt: (row.success_due_at ?? row.success_started_at ?? finished).getTime(),
            finishedAt: finished.getTime(),
            codeVersion: row.success_code_version,
          },
    failingSince: row.failing_since?.getTime() ?? null,
    medianMs: row.median_ms,
    p90Ms: row.p90_ms,
    runningSince: row.running_since?.getTime() ?? null,
    parentsDueAt: row.parents_due_at?.getTime() ?? null,
  };
}

const STATES = `
  SELECT known.name, known.group_name, known.owner, known.schedule, known.parents, known.code_version, known.failures,
    known.registered_at, coalesce(known.enabled, known.declared_enabled) AS enabled, known.paused_at IS NOT NULL AS paused,
    done.run, done.status, done.success_run, done.success_due_at, done.success_started_at, done.success_finished_at,
    done.success_code_version, done.failing_since, done.median_ms, done.p90_ms, busy.started_at AS running_since,
    parents.due_at AS parents_due_at
  FROM millrace_control.pipelines AS known
    LEFT JOIN millrace_control.pipeline_outcomes AS done ON done.pipeline = known.name
    LEFT JOIN (
      SELECT pipeline, min(started_at) AS started_at FROM millrace_control.runs
      WHERE status = 'running' AND partition = '' GROUP BY pipeline
    ) AS busy ON busy.pipeline = known.name
    LEFT JOIN LATERAL (
      SELECT CASE WHEN bool_and(first.finished_at IS NOT NULL) THEN max(first.finished_at) END AS due_at
      FROM unnest(known.parents) AS parent (name) LEFT JOIN LATERAL (
        SELECT finished_at FROM millrace_control.runs AS run
        WHERE run.pipeline = parent.name AND run.partition = '' AND run.finished_at IS NOT NULL AND run.status = 'succeeded'
          -- Ids of runs grow with time.
          AND (run.id > done.success_run OR done.success_run IS NULL AND run.finished_at > known.registered_at)
        ORDER BY id LIMIT 1
      ) AS first ON true
    ) AS parents ON known.schedule IS NULL AND cardinality(known.parents) > 0
  WHERE known.retired_at IS NULL
  ORDER BY known.name`;
