import type { RunLimits, TaskBackoff } from "@millrace/core";
import { newRunId, publish, storableJson } from "@millrace/platform";
import type pg from "pg";
import { type RunRequest, shownRequest } from "./run-request.ts";

/** The channel of LISTEN on which runs that may be claimed are announced. */
export const RUNS_CHANNEL = "millrace_runs";

/** A run that is to be carried out. */
export interface NewRun {
  /** UUID. Default: a new one. Where it is there already nothing is added. */
  readonly id?: string;
  readonly pipeline: string;
  readonly group?: string | undefined;
  /** Part of the pipeline that may run beside others. Default: all of it. */
  readonly partition?: string;
  /** What asks for it. */
  readonly trigger: "schedule" | "parents" | "manual" | "backfill" | "reprocess" | "task";
  /** The fire that it answers (ms since 1970): of one fire there is one run, however often it is asked for. */
  readonly dueMs?: number;
  /** Not started before (ms since 1970). Default: now. */
  readonly startMs?: number;
  readonly request?: RunRequest;
  /** Who asks, where it is a person. */
  readonly requestedBy?: string;
  /** The parents' runs that it follows: of one set there is one run. */
  readonly parentRuns?: readonly string[];
  readonly limits: RunLimits;
  readonly codeVersion?: string | undefined;
  /** Of a task: JSON text of what the job is given, and how it is tried again. */
  readonly job?: {
    readonly payload: string;
    readonly uniqueKey?: string | undefined;
    readonly backoff: TaskBackoff;
  };
  /** The backfill (UUID) that it is part of; it waits until that lets it go. */
  readonly backfill?: string;
  /** Left out where a scheduled run of the pipeline waits already. Default false. */
  readonly onlyOneWaits?: boolean;
}

/** Puts runs into the queue, in one statement, and returns the ids of those that were not there yet. */
export async function enqueue(database: pg.Pool | pg.ClientBase, runs: readonly NewRun[]): Promise<string[]> {
  if (runs.length === 0) return [];
  const { rows } = await database.query<{ id: string; pipeline: string; due_at: Date | null }>(ENQUEUE, [
    storableJson(runs.map(columnsOf)),
  ]);
  const groups = new Map(runs.map(({ pipeline, group }) => [pipeline, group]));
  const triggers = new Map(runs.map(({ pipeline, trigger }) => [pipeline, trigger]));
  const at = new Date().toISOString();
  await publish(
    database,
    rows.map(({ id, pipeline, due_at }) => ({
      type: "run.queued",
      at,
      pipeline,
      group: groups.get(pipeline),
      run: id,
      data: { trigger: triggers.get(pipeline) ?? "manual", dueAt: due_at?.toISOString() },
    })),
  );
  return rows.map(({ id }) => id);
}

function columnsOf(run: NewRun): Record<string, unknown> {
  const { id = newRunId(), pipeline, partition = "", trigger, request = {}, onlyOneWaits = false } = run;
  // What is left out is null in the statement.
  return {
    id,
    pipeline,
    partition,
    trigger,
    due_at: timeOf(run.dueMs),
    available_at: timeOf(run.startMs),
    request,
    options: shownRequest(request),
    requested_by: run.requestedBy,
    parent_runs: run.parentRuns?.toSorted(),
    code_version: run.codeVersion,
    backfill: run.backfill,
    only_one: onlyOneWaits,
    ...limitColumns(run),
    ...jobColumns(run),
  };
}

function limitColumns({ limits, group, pipeline }: NewRun): Record<string, unknown> {
  const pools = [
    ...limits.pools,
    `queue:${limits.queue}`,
    `pipeline:${pipeline}`,
    ...(group === undefined ? [] : [`group:${group}`]),
  ];
  return {
    queue: limits.queue,
    priority: limits.priority,
    labels: limits.labels,
    pools: [...new Set(pools)],
    max_tries: limits.attempts,
    timeout_seconds: limits.timeoutSeconds,
    memory_mb: limits.memoryMb,
  };
}

function jobColumns({ job }: NewRun): Record<string, unknown> {
  if (job === undefined) return { kind: "pipeline" };
  return {
    kind: "task",
    payload: job.payload,
    unique_key: job.uniqueKey,
    retry_delay_ms: job.backoff.delayMs,
    retry_max_delay_ms: job.backoff.maxDelayMs,
  };
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

const ENQUEUE = `
  WITH added AS (
    INSERT INTO millrace_control.runs
      (id, pipeline, partition, status, trigger, due_at, queued_at, available_at, queue, priority, labels, pools, max_tries,
       timeout_seconds, memory_mb, request, options, requested_by, parent_runs, code_version,
       kind, payload, unique_key, retry_delay_ms, retry_max_delay_ms, backfill)
    SELECT id, pipeline, partition, 'queued', trigger, due_at, clock_timestamp(), coalesce(available_at, clock_timestamp()),
      queue, priority, labels, pools, max_tries, ceil(timeout_seconds), memory_mb, request, options, requested_by, parent_runs,
      code_version, kind, payload::json, unique_key, coalesce(retry_delay_ms, 1000), coalesce(retry_max_delay_ms, 60000), backfill
    FROM jsonb_to_recordset($1::jsonb) AS given (id uuid, pipeline text, partition text, trigger text, due_at timestamptz,
      available_at timestamptz, queue text, priority int, labels text[], pools text[], max_tries int, timeout_seconds numeric,
      memory_mb int, request jsonb, options jsonb, requested_by text, parent_runs uuid[], code_version text,
      only_one boolean, kind text, payload text, unique_key text, retry_delay_ms int, retry_max_delay_ms int, backfill uuid)
    WHERE NOT only_one OR NOT EXISTS (
      SELECT FROM millrace_control.runs AS waiting
      WHERE waiting.status = 'queued' AND waiting.pipeline = given.pipeline AND waiting.trigger = 'schedule')
    ON CONFLICT DO NOTHING
    RETURNING id, pipeline, due_at
  )
  SELECT added.*, pg_notify('${RUNS_CHANNEL}', '') FROM added`;
