import { MillraceError } from "@millrace/core";
import type { Connection } from "../session/connection.ts";

/** Milliseconds that a successor waits for a lock before it looks who holds it. */
const LOCK_STEP_MS = 1_000;
/** Milliseconds that a server process may take to end. */
const TERMINATE_MS = 5_000;
/** Waits after which a lock counts as not to be had. */
const MAX_STEPS = 60;

/** A server process as the state row has it. */
export interface Backend {
  readonly pid: number | null;
  readonly start: string | null;
}

const TERMINATE = `SELECT pg_terminate_backend(pid, ${TERMINATE_MS}) AS ended FROM pg_stat_activity
WHERE pid = $1 AND backend_start = $2::timestamptz AND pid <> pg_backend_pid()`;

/**
 * Ends the server process of an earlier attempt, if it still lives: it may hold locks or uncommitted rows.
 * True where it is gone; false where it belongs to another user, whom we may not disturb.
 */
export async function endBackend(connection: Connection, { pid, start }: Backend): Promise<boolean> {
  if (pid === null || start === null) return true;
  try {
    await connection.query("ending the server process of the attempt before", TERMINATE, [pid, start]);
    return true;
  } catch (error) {
    if (error instanceof MillraceError && error.code === "MLR_DESTINATION_PERMISSION") return false;
    throw error;
  }
}

/**
 * Runs `work`, which needs the pipeline's row locked, in steps: where the lock is not to be had within a second, ends the
 * server process that the row names and tries again. So a commit under way is waited for, and a holder that is stopped
 * for ever is not. `work` has to leave no transaction open when it fails.
 * Fails with MLR_DESTINATION_CONFLICT after a minute, or MLR_RUN_STOPPED.
 */
export async function withTakeover<T>(
  connection: Connection,
  options: { readonly pipeline: string; readonly signal?: AbortSignal | undefined },
  work: () => Promise<T>,
): Promise<T> {
  const { pipeline, signal } = options;
  await connection.query("setting lock_timeout", `SET lock_timeout = ${LOCK_STEP_MS}`);
  for (let step = 1; ; step++) {
    if (signal?.aborted === true) throw stopped(pipeline);
    try {
      const result = await work();
      await connection.query("setting lock_timeout", "SET lock_timeout = 0");
      return result;
    } catch (error) {
      if (!isLockTimeout(error) || connection.lost) throw error;
      if (step >= MAX_STEPS) throw held(pipeline, error);
      await endBackend(connection, await recordedBackend(connection, pipeline));
    }
  }
}

async function recordedBackend(connection: Connection, pipeline: string): Promise<Backend> {
  const { rows } = await connection.query<Backend>(
    "reading who holds the pipeline",
    "SELECT backend_pid AS pid, to_json(backend_start)#>>'{}' AS start FROM millrace.pipelines WHERE pipeline = $1",
    [pipeline],
  );
  return rows[0] ?? { pid: null, start: null };
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof MillraceError && error.details["sqlstate"] === "55P03";
}

function held(pipeline: string, cause: unknown): MillraceError {
  return new MillraceError(
    "MLR_DESTINATION_CONFLICT",
    `the state of pipeline "${pipeline}" is locked by another transaction that does not end`,
    {
      hint: "Find it in pg_stat_activity (wait_event_type = 'Lock' shows who waits) and end it, or connect as the user that it belongs to.",
      cause,
    },
  );
}

function stopped(pipeline: string): MillraceError {
  return new MillraceError(
    "MLR_RUN_STOPPED",
    `pipeline "${pipeline}" was stopped while it opened its destination`,
  );
}
