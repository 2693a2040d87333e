import { instantSql } from "./instant-sql.ts";

const FIELDS = [
  "read",
  "inserted",
  "updated",
  "unchanged",
  "removed",
  "restored",
  "rejected",
  "duplicates",
] as const;

/** Longest message of an error in lists, in characters. */
const MESSAGE_CHARS = 2_000;

/** SQL of the counts of all tables together, as JSON. @param counts the column, of type `jsonb` */
function rowsSql(counts: string): string {
  const sums = FIELDS.map((field) => `coalesce(sum((each.value ->> '${field}')::bigint), 0) AS ${field}`);
  return `(SELECT row_to_json(sums) FROM (SELECT ${sums.join(", ")} FROM jsonb_each(${counts}) AS each) AS sums)`;
}

/** SQL of an error in short, as JSON. @param error the column, of type `jsonb` */
export function errorSql(error: string): string {
  return `CASE WHEN ${error} IS NOT NULL AND ${error} <> 'null' THEN json_build_object('code', coalesce(${error} ->> 'code', 'MLR_INTERNAL'),
    'message', left(coalesce(${error} ->> 'message', ''), ${MESSAGE_CHARS}), 'hint', ${error} ->> 'hint') END`;
}

/** SQL of milliseconds between two instants, never negative. */
function millisecondsSql(from: string, to: string): string {
  return `greatest(0, round(extract(epoch FROM ${to} - ${from}) * 1000))`;
}

/** What `RunItem` has, for a SELECT list over `run` (millrace_control.runs) and `known` (its pipeline, or nulls). */
export const RUN_FIELDS = `
  run.id, run.pipeline, known.group_name AS "group", nullif(run.partition, '') AS partition, run.status, run.trigger,
  run.requested_by AS "requestedBy", ${instantSql("run.due_at")} AS "dueAt", ${instantSql("run.queued_at")} AS "queuedAt",
  ${instantSql("run.started_at")} AS "startedAt", ${instantSql("run.finished_at")} AS "finishedAt",
  run.duration_ms AS "durationMs",
  CASE WHEN run.started_at IS NOT NULL AND run.queued_at IS NOT NULL THEN ${millisecondsSql(
    // A retry moves `available_at` behind the first start.
    "CASE WHEN run.available_at <= run.started_at THEN greatest(run.available_at, run.queued_at) ELSE run.queued_at END",
    "run.started_at",
  )} END AS "waitMs",
  ${rowsSql("run.counts")} AS rows, ${errorSql("run.error")} AS error,
  run.tries, run.max_tries AS "maxTries", run.resumed, run.worker, run.host, run.code_version AS "codeVersion", run.backfill`;

/** SQL of a run as `RunItem`, as JSON. */
export const RUN_ITEM = `(SELECT row_to_json(item) FROM (SELECT ${RUN_FIELDS}) AS item)`;

/** Runs with what the registry knows of their pipelines, for FROM. */
export const RUNS = `millrace_control.runs AS run LEFT JOIN millrace_control.pipelines AS known ON known.name = run.pipeline`;
