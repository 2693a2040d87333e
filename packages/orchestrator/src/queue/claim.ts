import type pg from "pg";
import type { RunRequest } from "./run-request.ts";

/** A run that a worker has to carry out, as it was claimed. */
export interface Claim {
  /** UUID of the run's record. */
  readonly id: string;
  /** Of a job: `task:` and the name of its task. */
  readonly pipeline: string;
  readonly kind: "pipeline" | "task";
  /** JSON text of what a job was given; may hold secrets. Undefined for runs of pipelines. */
  readonly payload: string | undefined;
  readonly group: string | undefined;
  /** The pipeline's or task's file, from the project's folder on; undefined where the registry does not know it. */
  readonly file: string | undefined;
  readonly partition: string;
  /** Tells this claim from every other of the same run: who finds another's in the record has lost it. */
  readonly token: string;
  /** Processes that were started for it, this one included. */
  readonly tries: number;
  readonly maxTries: number;
  readonly trigger: string;
  readonly queue: string;
  /** Milliseconds from when it could be claimed until it was. */
  readonly waitedMs: number;
  /** Milliseconds from when its schedule was due until it was claimed; undefined where no schedule asked for it, and after a first attempt. */
  readonly lateMs: number | undefined;
  readonly request: RunRequest;
  /** Seconds; 0: no limit. */
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** The interrupted run that an earlier process of this one went on with. */
  readonly continues: string | undefined;
}

interface ClaimRow {
  readonly id: string;
  readonly pipeline: string;
  readonly kind: "pipeline" | "task";
  readonly payload_text: string | null;
  readonly partition: string;
  readonly lease: string;
  readonly tries: number;
  readonly max_tries: number;
  readonly trigger: string;
  readonly queue: string;
  readonly waited_ms: number | null;
  readonly late_ms: number | null;
  readonly request: RunRequest | null;
  readonly timeout_seconds: number;
  readonly memory_mb: number;
  readonly continues: string | null;
  readonly group_name: string | null;
  readonly file: string | null;
}

/** Claims up to `wanted` runs for a worker, the most urgent ones. What another worker claims in the same moment is not waited for. */
export async function claimRuns(
  database: pg.Pool | pg.ClientBase,
  worker: string,
  wanted: number,
): Promise<Claim[]> {
  const { rows } = await database.query<ClaimRow>({
    name: "millrace-claim",
    text: claimed("claim_runs($1, $2)"),
    values: [worker, wanted],
  });
  return rows.map(claimOf);
}

/**
 * Claims the run that a message names, if this worker may claim it now and it was tried `tries` times before. Where a more
 * urgent one waits in the worker's queues, claims that one in its place. Undefined: there is nothing to claim.
 */
export async function claimRun(
  database: pg.Pool | pg.ClientBase,
  worker: string,
  run: string,
  tries: number,
): Promise<Claim | undefined> {
  const { rows } = await database.query<ClaimRow>({
    name: "millrace-claim-run",
    text: claimed("claim_run($1, $2, $3)"),
    values: [worker, run, tries],
  });
  return rows[0] === undefined ? undefined : claimOf(rows[0]);
}

/** @param by call of the function that claims */
function claimed(by: string): string {
  return `SELECT run.*, run.payload::text AS payload_text, known.group_name, coalesce(known.file, job.file) AS file,
      (extract(epoch FROM clock_timestamp() - run.available_at) * 1000)::float8 AS waited_ms,
      (extract(epoch FROM clock_timestamp() - run.due_at) * 1000)::float8 AS late_ms
    FROM millrace_control.${by} AS run
    LEFT JOIN millrace_control.pipelines AS known ON known.name = run.pipeline
    LEFT JOIN millrace_control.tasks AS job
      ON run.kind = 'task' AND job.name = substr(run.pipeline, 6) AND job.retired_at IS NULL`;
}

function claimOf(row: ClaimRow): Claim {
  return {
    id: row.id,
    pipeline: row.pipeline,
    kind: row.kind,
    payload: row.payload_text ?? undefined,
    group: row.group_name ?? undefined,
    file: row.file ?? undefined,
    partition: row.partition,
    token: row.lease,
    tries: row.tries,
    maxTries: row.max_tries,
    trigger: row.trigger,
    queue: row.queue,
    waitedMs: Math.max(0, row.waited_ms ?? 0),
    lateMs: row.tries > 1 || row.late_ms === null ? undefined : Math.max(0, row.late_ms),
    request: row.request ?? {},
    timeoutSeconds: row.timeout_seconds,
    memoryMb: row.memory_mb,
    continues: row.continues ?? undefined,
  };
}

/** Milliseconds until the next run of these queues may be claimed, at most `limitMs`. */
export async function nextRunInMs(
  database: pg.Pool | pg.ClientBase,
  queues: readonly string[],
  limitMs: number,
): Promise<number> {
  const { rows } = await database.query<{ ms: number | null }>({
    name: "millrace-next",
    text: `SELECT (extract(epoch FROM min(available_at) - clock_timestamp()) * 1000)::float8 AS ms
      FROM millrace_control.runs WHERE status = 'queued' AND queue = ANY ($1) AND available_at > clock_timestamp()`,
    values: [queues],
  });
  return Math.min(limitMs, Math.max(0, Math.ceil(rows[0]?.ms ?? limitMs)));
}
