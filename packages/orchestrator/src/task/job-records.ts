import { type Json, MillraceError, type TaskProgress } from "@millrace/core";
import type { RecordStatus } from "@millrace/platform";
import type pg from "pg";

/** What is kept of a job. */
export interface JobRecord {
  /** UUID. */
  readonly id: string;
  readonly task: string;
  readonly status: RecordStatus;
  readonly queue: string;
  readonly priority: number;
  readonly uniqueKey: string | null;
  /** Attempts that were begun. */
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly progress: TaskProgress | null;
  /** What it returned; null also where it has not. */
  readonly result: Json;
  readonly error: Json;
  /** Names of the members of what it was given, where that is an object; values may be secrets. */
  readonly payloadFields: readonly string[];
  readonly requestedBy: string | null;
  /** ISO 8601, as all times. */
  readonly queuedAt: string;
  /** Not started before. */
  readonly availableAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
}

/** Which jobs are wanted. */
export interface ListJobs {
  readonly task?: string;
  readonly status?: RecordStatus;
  /** Only those that failed or died with all their attempts used up. */
  readonly dead?: boolean;
  /** At most so many. Default 50. */
  readonly limit?: number;
  /** Only jobs older than the one with this id: the next page. */
  readonly before?: string;
}

interface JobRow extends Omit<JobRecord, "queuedAt" | "availableAt" | "startedAt" | "finishedAt"> {
  readonly queued_at: Date;
  readonly available_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

/** Newest first. */
export async function listJobs(pool: pg.Pool, wanted: ListJobs = {}): Promise<JobRecord[]> {
  const { rows } = await pool.query<JobRow>(
    `${SELECT} WHERE kind = 'task' AND ($1::text IS NULL OR pipeline = 'task:' || $1) AND ($2::text IS NULL OR status = $2)
       AND (NOT $3 OR status IN ('failed', 'died')) AND ($4::uuid IS NULL OR id < $4)
     ORDER BY id DESC LIMIT $5`,
    [
      wanted.task ?? null,
      wanted.status ?? null,
      wanted.dead ?? false,
      wanted.before ?? null,
      wanted.limit ?? 50,
    ],
  );
  return rows.map(recordOf);
}

/** The job whose id is, or alone begins with, `id`. Fails with MLR_RUN_NOT_FOUND. */
export async function getJob(pool: pg.Pool, id: string): Promise<JobRecord> {
  const digits = id.toLowerCase().replaceAll("-", "");
  const known = /^[\da-f]{1,32}$/.test(digits);
  const { rows } = known
    ? await pool.query<JobRow>(`${SELECT} WHERE kind = 'task' AND id BETWEEN $1 AND $2 ORDER BY id LIMIT 2`, [
        digits.padEnd(32, "0"),
        digits.padEnd(32, "f"),
      ])
    : { rows: [] };
  const [row, other] = rows;
  if (row !== undefined && other === undefined) return recordOf(row);
  const what = row === undefined ? "No job's id is or begins with" : "The ids of several jobs begin with";
  throw new MillraceError("MLR_RUN_NOT_FOUND", `${what} ${id}`, { hint: "`millrace task list` lists them." });
}

/** What a job was given, which may hold secrets; undefined where it is kept no longer. */
export async function jobPayload(pool: pg.Pool, id: string): Promise<Json | undefined> {
  const { rows } = await pool.query<{ text: string | null }>(
    "SELECT payload::text AS text FROM millrace_control.runs WHERE id = $1 AND kind = 'task'",
    [id],
  );
  const text = rows[0]?.text;
  return text === undefined || text === null ? undefined : (JSON.parse(text) as Json);
}

function recordOf(row: JobRow): JobRecord {
  const { queued_at, available_at, started_at, finished_at, ...others } = row;
  return {
    ...others,
    queuedAt: queued_at.toISOString(),
    availableAt: available_at.toISOString(),
    startedAt: started_at?.toISOString() ?? null,
    finishedAt: finished_at?.toISOString() ?? null,
  };
}

const SELECT = `
  SELECT id, substr(pipeline, 6) AS task, status, queue, priority, unique_key AS "uniqueKey", tries AS attempts,
    max_tries AS "maxAttempts", progress, result, error, requested_by AS "requestedBy", duration_ms::float8 AS "durationMs",
    CASE WHEN json_typeof(payload) = 'object' THEN ARRAY(SELECT json_object_keys(payload)) ELSE '{}' END AS "payloadFields",
    queued_at, available_at, started_at, finished_at
  FROM millrace_control.runs`;
