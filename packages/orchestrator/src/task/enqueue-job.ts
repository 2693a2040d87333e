import type { EnqueuedJob, NewJob } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type pg from "pg";
import { enqueue } from "../queue/enqueue.ts";

const PREFIX = "task:";

/** What stands for a task where runs name their pipeline. */
export function runNameOf(task: string): string {
  return `${PREFIX}${task}`;
}

/** The task that a run's name stands for; undefined: a pipeline. */
export function taskOf(name: string): string | undefined {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;
}

/**
 * Queues a job. With an `id` of its own it may be called again where it is not known whether it succeeded; with a unique key
 * the job that has the key is the one.
 */
export async function enqueueJob(
  database: pg.Pool | pg.ClientBase,
  job: NewJob,
  as: { readonly id?: string; readonly requestedBy?: string } = {},
): Promise<EnqueuedJob> {
  const id = as.id ?? newRunId();
  const pipeline = runNameOf(job.task);
  const [added] = await enqueue(database, [
    {
      id,
      pipeline,
      // Each job by itself: many go on side by side.
      partition: id,
      trigger: "task",
      limits: job.limits,
      job: { payload: job.payload, uniqueKey: job.uniqueKey, backoff: job.backoff },
      ...(job.delayMs === 0 ? {} : { startMs: Date.now() + job.delayMs }),
      ...(as.requestedBy === undefined ? {} : { requestedBy: as.requestedBy }),
    },
  ]);
  if (added !== undefined) return { id: added, created: true };
  const { rows } = await database.query<{ id: string }>(
    "SELECT id FROM millrace_control.runs WHERE id = $1 OR (pipeline = $2 AND unique_key = $3) ORDER BY id = $1 DESC",
    [id, pipeline, job.uniqueKey ?? null],
  );
  // One that was queued under this id before is this one.
  return { id: rows[0]?.id ?? id, created: rows[0]?.id === id };
}
