import { MillraceError } from "@millrace/core";
import type pg from "pg";
import type { z } from "zod";
import { instantSql } from "../shared/instant-sql.ts";
import { pageOfRows } from "../shared/page-of-rows.ts";
import { runCursor } from "../shared/run-cursor.ts";
import { Where } from "../shared/where.ts";
import type { Job, JobDetail, JobsPage, JobsQuery, Task, TasksAnswer } from "./schemas.ts";

/** Every registered task. */
export async function listTasks(pool: pg.Pool): Promise<z.output<typeof TasksAnswer>> {
  const { rows } = await pool.query<z.output<typeof Task>>(TASKS);
  return { items: rows };
}

/** A page of jobs, newest first. */
export async function listJobs(
  pool: pg.Pool,
  { task, status, dead, limit, after }: z.output<typeof JobsQuery>,
): Promise<z.output<typeof JobsPage>> {
  const where = new Where();
  where.always("kind = 'task'");
  where.add("pipeline = ?", task === undefined ? undefined : `task:${task}`);
  where.add("status = ?", status);
  where.add("id < ?::uuid", runCursor(after));
  if (dead === "true") where.always("status IN ('failed', 'died')");
  const { rows } = await pool.query<z.output<typeof Job> & { cursor: string }>(
    `SELECT ${JOB}, id AS cursor FROM millrace_control.runs WHERE ${where.sql}
     ORDER BY id DESC LIMIT ${where.value(limit + 1)}`,
    where.values,
  );
  return pageOfRows(rows, limit);
}

/** Fails with MLR_RUN_NOT_FOUND. */
export async function getJob(pool: pg.Pool, id: string): Promise<z.output<typeof JobDetail>> {
  const { rows } = await pool.query<z.output<typeof JobDetail>>(
    `SELECT ${JOB}, result FROM millrace_control.runs WHERE id = $1 AND kind = 'task'`,
    [id],
  );
  const [row] = rows;
  if (row !== undefined) return row;
  throw new MillraceError("MLR_RUN_NOT_FOUND", `There is no job ${id}`, {
    hint: "GET /api/v1/jobs lists them.",
    details: { job: id },
  });
}

const JOB = `
  id, substr(pipeline, 6) AS task, status, queue, priority, unique_key AS "uniqueKey", tries AS attempts,
  max_tries AS "maxAttempts", CASE WHEN jsonb_typeof(progress) = 'object' THEN jsonb_build_object(
    'done', coalesce(progress->'done', '0'), 'total', progress->'total', 'note', progress->'note') END AS progress,
  CASE WHEN jsonb_typeof(error) = 'object' THEN jsonb_build_object('code', coalesce(error->>'code', 'MLR_INTERNAL'),
    'message', coalesce(error->>'message', ''), 'hint', error->>'hint') END AS error,
  CASE WHEN json_typeof(payload) = 'object' THEN ARRAY(SELECT json_object_keys(payload) LIMIT 100) ELSE '{}' END AS "payloadFields",
  requested_by AS "requestedBy", ${instantSql("queued_at")} AS "queuedAt", ${instantSql("available_at")} AS "availableAt",
  ${instantSql("started_at")} AS "startedAt", ${instantSql("finished_at")} AS "finishedAt", duration_ms::float8 AS "durationMs"`;

const TASKS = `
  SELECT known.name, known.description, known.file, known.code_version AS "codeVersion",
    coalesce(known.limits->>'queue', 'default') AS queue, coalesce((known.limits->>'attempts')::int, 1) AS attempts,
    coalesce((known.limits->>'timeoutSeconds')::float8, 0) AS "timeoutSeconds", known.input,
    coalesce(open.queued, 0)::int AS queued, coalesce(open.running, 0)::int AS running,
    coalesce(dead.count, 0)::int AS "deadLetters"
  FROM millrace_control.tasks AS known
  LEFT JOIN (
    SELECT pipeline, count(*) FILTER (WHERE status = 'queued') AS queued, count(*) FILTER (WHERE status = 'running') AS running
    FROM millrace_control.runs WHERE kind = 'task' AND status IN ('queued', 'running') GROUP BY pipeline
  ) AS open ON open.pipeline = 'task:' || known.name
  LEFT JOIN (
    SELECT pipeline, count(*) AS count FROM (
      SELECT pipeline FROM millrace_control.runs WHERE kind = 'task' AND status IN ('failed', 'died') ORDER BY id DESC LIMIT 10000
    ) AS letters GROUP BY pipeline
  ) AS dead ON dead.pipeline = 'task:' || known.name
  WHERE known.retired_at IS NULL ORDER BY known.name`;
