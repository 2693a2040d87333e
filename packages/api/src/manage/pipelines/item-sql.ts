import { instantSql } from "../shared/instant-sql.ts";
import { PIPELINE_STATE, STATE_REASON } from "../shared/pipeline-state-sql.ts";
import { errorSql } from "../shared/run-item-sql.ts";

/** Runs in the strip of a pipeline. */
const STRIP = 30;
/** Waiting runs that are counted. */
const COUNTED = 1_000;

const DURATION = `coalesce(run.duration_ms, CASE WHEN run.status = 'running' THEN
  greatest(0, round(extract(epoch FROM clock_timestamp() - run.started_at) * 1000)) END)`;

/** The newest run of `known` that has begun. */
export const LAST_RUN = `LEFT JOIN LATERAL (
  SELECT id, status, duration_ms FROM millrace_control.runs AS run
  WHERE run.pipeline = known.name AND run.status <> 'queued' ORDER BY run.id DESC LIMIT 1) AS last ON true`;

const STRIP_RUNS = `(SELECT coalesce(json_agg(row_to_json(run) ORDER BY run.id), '[]') FROM (
  SELECT run.id, run.status, ${instantSql("run.started_at")} AS "startedAt", ${DURATION} AS "durationMs",
    run.changed_rows AS rows
  FROM millrace_control.runs AS run WHERE run.pipeline = known.name AND run.status <> 'queued'
  ORDER BY run.id DESC LIMIT ${STRIP}) AS run)`;

const LAST = `(SELECT row_to_json(run) FROM (
  SELECT run.id, run.status, run.trigger, ${instantSql("run.queued_at")} AS "queuedAt",
    ${instantSql("run.started_at")} AS "startedAt", ${instantSql("run.finished_at")} AS "finishedAt",
    run.duration_ms AS "durationMs", run.changed_rows AS rows, ${errorSql("run.error")} AS error
  FROM millrace_control.runs AS run WHERE run.id = last.id) AS run)`;

const LAST_SUCCESS = `(SELECT ${instantSql("run.finished_at")} FROM millrace_control.runs AS run
  WHERE run.pipeline = known.name AND run.status = 'succeeded' ORDER BY run.id DESC LIMIT 1)`;

const count = (status: string): string => `(SELECT count(*) FROM (SELECT FROM millrace_control.runs AS run
  WHERE run.pipeline = known.name AND run.status = '${status}' LIMIT ${COUNTED}) AS counted)`;

/**
 * What `PipelineItem` has, but for what is made of its schedule: for a SELECT list over `known`
 * (millrace_control.pipelines) and `last`, see `LAST_RUN`.
 */
export const PIPELINE_FIELDS = `
  known.name, known.group_name AS "group", known.description, known.owner, known.tags, ${PIPELINE_STATE} AS state,
  ${STATE_REASON} AS "stateReason", known.parents, known.definition -> 'source' ->> 'kind' AS source,
  known.definition -> 'destination' ->> 'kind' AS destination, known.code_version AS "codeVersion",
  known.failures AS "consecutiveFailures", ${count("running")} AS running, ${count("queued")} AS queued,
  ${LAST} AS "lastRun", ${LAST_SUCCESS} AS "lastSuccessAt", ${STRIP_RUNS} AS strip`;
