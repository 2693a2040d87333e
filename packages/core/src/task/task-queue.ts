import { MillraceError } from "../errors.ts";
import type { RunLimits } from "../pipeline.ts";

/** How jobs are tried again after errors. */
export interface TaskBackoff {
  /** Delay before the second attempt, doubled with each further one, plus or minus half at random. Default 1,000 ms. */
  readonly delayMs: number;
  /** Default 60,000 ms. */
  readonly maxDelayMs: number;
}

/** A job as it is put into the queue. */
export interface NewJob {
  readonly task: string;
  /** JSON text of what the task is given. */
  readonly payload: string;
  /** Milliseconds before which it is not started. */
  readonly delayMs: number;
  readonly uniqueKey?: string;
  /** Those of the task, with what was asked for this job. */
  readonly limits: RunLimits;
  readonly backoff: TaskBackoff;
}

/** What came of putting a job into the queue. */
export interface EnqueuedJob {
  /** UUID of the job; of the one that was there where the key had been used. */
  readonly id: string;
  /** False: a job with this key was there already. */
  readonly created: boolean;
}

/** Where jobs go: lent by the program that runs this code. */
export interface TaskQueue {
  enqueue(job: NewJob): Promise<EnqueuedJob>;
}

let lent: TaskQueue | undefined;

/** Makes `task.enqueue` of this process go to `queue`; undefined: nowhere. Returns what it went to before. */
export function lendTaskQueue(queue: TaskQueue | undefined): TaskQueue | undefined {
  const before = lent;
  lent = queue;
  return before;
}

/** Where jobs of this process go. Fails with MLR_TASK_QUEUE_MISSING where nobody has lent it a queue. */
export function taskQueue(): TaskQueue {
  if (lent !== undefined) return lent;
  throw new MillraceError("MLR_TASK_QUEUE_MISSING", "There is no queue here that jobs of tasks could go to", {
    hint: "Runs have one; in a program of your own call connectTasks(url) with the control database's URL first.",
  });
}
