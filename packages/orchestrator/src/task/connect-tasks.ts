import {
  type EnqueuedJob,
  type EnqueueOptions,
  lendTaskQueue,
  MillraceError,
  nearest,
  newJob,
  type RunLimits,
  type Task,
  type TaskBackoff,
} from "@millrace/core";
import pg from "pg";
import { enqueueJob } from "./enqueue-job.ts";

/** A connection through which a program of one's own queues jobs. */
export interface TaskConnection {
  /** Queues a job of a registered task by its name. Its payload is checked when it begins. */
  enqueue(task: string, payload: unknown, options?: EnqueueOptions): Promise<EnqueuedJob>;
  /** Idempotent. `task.enqueue` has no queue from then on. */
  close(): Promise<void>;
}

/**
 * Connects a program of one's own, so that `task.enqueue` works in it. Connects when the first job is queued.
 * @param controlUrl URL of the control database; it must have been set up, as `millrace up` does
 */
export function connectTasks(controlUrl: string): TaskConnection {
  const pool = new pg.Pool({ connectionString: controlUrl, max: 2, application_name: "millrace tasks" });
  // A connection that breaks while nobody uses it is replaced by the next use.
  pool.on("error", () => undefined);
  const queue = {
    enqueue: (job: Parameters<typeof enqueueJob>[1]) => unlessAway(() => enqueueJob(pool, job)),
  };
  const before = lendTaskQueue(queue);
  let closing: Promise<void> | undefined;
  return {
    enqueue: (task, payload, options) =>
      unlessAway(() => enqueueTask(pool, task, { payload, ...(options === undefined ? {} : { options }) })),
    close: () => {
      if (closing === undefined) lendTaskQueue(before);
      closing ??= pool.end();
      return closing;
    },
  };
}

/**
 * Queues a job of a registered task by its name, with the limits that the registry knows.
 * Fails with MLR_TASK_NOT_FOUND, MLR_TASK_INPUT_INVALID (no JSON, too large) or MLR_ARGUMENT_INVALID.
 */
export async function enqueueTask(
  database: pg.Pool | pg.ClientBase,
  name: string,
  of: { readonly payload: unknown; readonly options?: EnqueueOptions; readonly requestedBy?: string },
): Promise<EnqueuedJob> {
  const job = await newJob(await registered(database, name), of.payload, of.options);
  return enqueueJob(database, job, of.requestedBy === undefined ? {} : { requestedBy: of.requestedBy });
}

async function registered(
  database: pg.Pool | pg.ClientBase,
  name: string,
): Promise<Pick<Task, "name" | "limits" | "backoff">> {
  const { rows } = await database.query<{ name: string; limits: RunLimits; backoff: TaskBackoff }>(
    "SELECT name, limits, backoff FROM millrace_control.tasks WHERE retired_at IS NULL ORDER BY name",
  );
  const found = rows.find((row) => row.name === name);
  if (found !== undefined) return found;
  const guess = nearest(
    name,
    rows.map((row) => row.name),
  );
  throw new MillraceError("MLR_TASK_NOT_FOUND", `No task "${name}" is registered`, {
    hint:
      guess === undefined
        ? "`millrace up` registers the files under tasks/ of a project."
        : `Did you mean "${guess}"?`,
    details: { task: name },
  });
}

async function unlessAway<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    // The message of the driver has no password; it names the host, or what the server refuses.
    const message = error instanceof Error ? error.message : String(error);
    throw new MillraceError("MLR_CONTROL_UNAVAILABLE", `The control database took no job: ${message}`, {
      hint: "Is it the control database's URL, and has `millrace up` set it up?",
      cause: error,
    });
  }
}
