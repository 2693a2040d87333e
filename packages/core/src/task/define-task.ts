import { z } from "zod";
import { MillraceError } from "../errors.ts";
import type { Json } from "../json.ts";
import { parseOptions } from "../options.ts";
import type { RunLimits } from "../pipeline.ts";
import type { TaskContext } from "./task-context.ts";
import { checkTaskInput } from "./task-input.ts";
import { MAX_PAYLOAD_BYTES, taskJson } from "./task-json.ts";
import { type EnqueuedJob, type NewJob, type TaskBackoff, taskQueue } from "./task-queue.ts";

/** A schema of what a task takes. */
export type TaskInput = z.ZodType;

/** What a task's function is given where no schema says otherwise. */
export type AnyInput = z.ZodType<Json, Json>;

/** What a user says of a task. */
export interface TaskOptions<S extends TaskInput> {
  /** What it is, for people. */
  readonly description?: string;
  /** A zod schema of what it takes: checked when a job is queued, and again before it begins. Default: any JSON. */
  readonly input?: S;
  /**
   * Does one job. It may be done again where its process died or it failed: at least once, never twice at a time. What it
   * returns is kept as JSON, up to 256 KiB.
   */
  readonly run: (payload: z.output<S>, context: TaskContext) => unknown;
  /** Further attempts after an error, a death of the process, or the end of its time. Default 3. */
  readonly retries?: number;
  /** How long to wait before further attempts. */
  readonly backoff?: Partial<TaskBackoff>;
  /** Seconds after which an attempt is ended. Default 0: never. */
  readonly timeoutSeconds?: number;
  /** Heap of a job's process in MiB, beyond which it is ended. Default 2,048. */
  readonly memoryMb?: number;
  /** The queue that jobs wait in; workers choose queues. Default `default`. */
  readonly queue?: string;
  /** Those of a higher priority go first. Default 0, from -1,000 to 1,000. */
  readonly priority?: number;
  /** Words that a worker must have been started with. Default: none. */
  readonly labels?: readonly string[];
  /** Named pools in which a job holds a slot while it goes on. Default: none. */
  readonly pools?: readonly string[];
  /** Jobs of this task at the same time. Default 0: as many as workers have slots. */
  readonly concurrency?: number;
}

/** What may be said of one job. */
export interface EnqueueOptions {
  /** Time before which it is not started: milliseconds, or such as `5m`, `"2 hours"`. Default: none. */
  readonly delay?: number | string;
  /** Default: that of the task. */
  readonly priority?: number;
  /** Further attempts. Default: those of the task. */
  readonly retries?: number;
  /** Of all jobs of the task with one key there is one, however often it is queued, for as long as its record is kept. */
  readonly uniqueKey?: string;
}

/** A task: a function whose jobs wait in the queue until a worker does them. */
export interface Task<I = never> {
  readonly name: string;
  readonly description?: string;
  readonly input?: TaskInput;
  readonly run: (payload: never, context: TaskContext) => unknown;
  readonly limits: RunLimits;
  readonly backoff: TaskBackoff;
  /** 0: no limit. */
  readonly concurrency: number;
  /**
   * Puts a job into the queue; resolves when it is there for good. Who calls it again because that is not known gets a
   * second job, unless a `uniqueKey` says that they are the same.
   * Fails with MLR_TASK_INPUT_INVALID, MLR_TASK_QUEUE_MISSING, MLR_ARGUMENT_INVALID or MLR_CONTROL_UNAVAILABLE.
   */
  enqueue(payload: I, options?: EnqueueOptions): Promise<EnqueuedJob>;
}

const NAME = /^[a-z][a-z0-9]*([._-][a-z0-9]+)*$/i;
const WORD = /^[a-z0-9][a-z0-9_-]{0,62}$/i;
const KIND = Symbol.for("millrace.task");

const taskOptions = z.strictObject({
  description: z.string().optional(),
  input: z
    .custom<TaskInput>((value) => typeof value === "object" && value !== null && "_zod" in value, {
      message: "must be a zod schema, such as z.object({ … })",
    })
    .optional(),
  run: z.custom<unknown>((value) => typeof value === "function", {
    message: "must be a function of the payload and the context",
  }),
  retries: z.int().min(0).max(1_000).optional(),
  backoff: z
    .strictObject({
      delayMs: z.int().nonnegative().max(86_400_000).optional(),
      maxDelayMs: z.int().nonnegative().max(86_400_000).optional(),
    })
    .optional(),
  timeoutSeconds: z.number().nonnegative().optional(),
  memoryMb: z.int().min(64).optional(),
  queue: z.string().regex(WORD, { message: "must be a word of letters, digits, - and _" }).optional(),
  priority: z.int().min(-1_000).max(1_000).optional(),
  labels: z.array(z.string().regex(WORD)).optional(),
  pools: z.array(z.string().min(1)).optional(),
  concurrency: z.int().nonnegative().optional(),
});

const enqueueOptions = z.strictObject({
  delay: z.union([z.number().nonnegative(), z.string()]).optional(),
  priority: z.int().min(-1_000).max(1_000).optional(),
  retries: z.int().min(0).max(1_000).optional(),
  uniqueKey: z.string().min(1).max(500).optional(),
});

/**
 * Describes a task, for a file under `tasks/`. Fails with MLR_TASK_INVALID (name), MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 */
export function defineTask<S extends TaskInput = AnyInput>(
  name: string,
  options: TaskOptions<S>,
): Task<z.input<S>> {
  if (typeof name !== "string" || !NAME.test(name) || name.length > 100) {
    throw new MillraceError("MLR_TASK_INVALID", `"${String(name)}" cannot be the name of a task`, {
      hint: "Use letters, digits, and single - _ or . between them, at most 100 characters.",
    });
  }
  parseOptions(taskOptions, options, `task "${name}"`);
  const { description, input, backoff } = options;
  const task: Omit<Task, "enqueue"> = {
    name,
    ...(description === undefined ? {} : { description }),
    ...(input === undefined ? {} : { input }),
    run: options.run,
    limits: limitsOf(options),
    backoff: { delayMs: backoff?.delayMs ?? 1_000, maxDelayMs: backoff?.maxDelayMs ?? 60_000 },
    concurrency: options.concurrency ?? 0,
  };
  return Object.freeze({
    ...task,
    [KIND]: true,
    // Whoever calls gets a rejection, never a throw.
    enqueue: async (payload: z.input<S>, asked: EnqueueOptions = {}) =>
      taskQueue().enqueue(await newJob(task, payload, asked)),
  });
}

/** True for what `defineTask` returns. */
export function isTask(value: unknown): value is Task {
  return typeof value === "object" && value !== null && KIND in value;
}

/** A job of a task, checked. Fails with MLR_TASK_INPUT_INVALID, MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID. */
export async function newJob(
  task: Pick<Task, "name" | "input" | "limits" | "backoff">,
  payload: unknown,
  asked: EnqueueOptions = {},
): Promise<NewJob> {
  const { delay, priority, retries, uniqueKey } = parseOptions(
    enqueueOptions,
    asked,
    `task "${task.name}".enqueue`,
  );
  // As it will come out of the queue: what JSON cannot say is found now.
  const text = taskJson(payload, {
    what: `The payload for task "${task.name}"`,
    limit: MAX_PAYLOAD_BYTES,
    code: "MLR_TASK_INPUT_INVALID",
  });
  await checkTaskInput(task, JSON.parse(text));
  return {
    task: task.name,
    payload: text,
    delayMs: delay === undefined ? 0 : delayOf(task.name, delay),
    ...(uniqueKey === undefined ? {} : { uniqueKey }),
    limits: {
      ...task.limits,
      ...(priority === undefined ? {} : { priority }),
      ...(retries === undefined ? {} : { attempts: retries + 1 }),
    },
    backoff: task.backoff,
  };
}

function limitsOf(options: Omit<TaskOptions<TaskInput>, "run">): RunLimits {
  return {
    queue: options.queue ?? "default",
    priority: options.priority ?? 0,
    labels: options.labels ?? [],
    pools: options.pools ?? [],
    timeoutSeconds: options.timeoutSeconds ?? 0,
    memoryMb: options.memoryMb ?? 2_048,
    attempts: (options.retries ?? 3) + 1,
    disableAfter: 0,
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
const DELAY = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w|(?:second|minute|hour|day|week)s?)$/i;
/** Ten years: later is a mistake. */
const LONGEST_MS = 3_650 * 864e5;

function delayOf(task: string, delay: number | string): number {
  const match = typeof delay === "string" ? DELAY.exec(delay.trim()) : null;
  const unit = match?.[2]?.toLowerCase() ?? "";
  const ms =
    typeof delay === "number"
      ? delay
      : Number(match?.[1]) * (UNIT_MS[unit] ?? UNIT_MS[unit.charAt(0)] ?? NaN);
  if (ms <= LONGEST_MS) return Math.round(ms);
  throw new MillraceError("MLR_ARGUMENT_INVALID", `task "${task}": "${delay}" is no delay`, {
    hint: 'Write milliseconds, or for instance 30s, 5m, "2 hours", 1d; at most ten years.',
  });
}
