import { type Clock, systemClock } from "../clock.ts";
import type { DatabaseConnector } from "../database/database.ts";
import { asMillraceError, type MillraceError } from "../errors.ts";
import type { RunObserver, RunStatus } from "../events.ts";
import { inProfile } from "../profile/current-profile.ts";
import { RunProfile } from "../profile/run-profile.ts";
import { redactor } from "../redactor.ts";
import { RunDatabases } from "../run/run-databases.ts";
import type { RunReport } from "../run/report.ts";
import { lendSecrets } from "../secret.ts";
import type { Environment } from "../target.ts";
import type { Task } from "./define-task.ts";
import type { TaskContext, TaskProgress } from "./task-context.ts";
import { checkTaskInput } from "./task-input.ts";
import { MAX_RESULT_BYTES, taskJson } from "./task-json.ts";
import { TaskProgressTeller } from "./task-progress.ts";

/** One attempt at a job. */
export interface RunTaskOptions {
  /** Whose job it is. */
  readonly task: Task;
  /** UUID of the job. */
  readonly job: string;
  /** JSON text. */
  readonly payload: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Attempts that there are at most. */
  readonly maxAttempts: number;
  /** What the task's code is lent. */
  readonly environment: Environment;
  /** What `context.database` finds, by name. Default: none. */
  readonly databases?: Readonly<Record<string, DatabaseConnector>>;
  /** Wish to end. */
  readonly signal: AbortSignal;
  /** Is told what is logged, and what runs on databases. */
  readonly observe: RunObserver;
  /** Is told how far it is, at most 5 times a second, and the last of it. */
  readonly progress: (progress: TaskProgress) => void;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** What an attempt came to. */
export interface TaskOutcome {
  /** `stopped`: it ended because it was asked to. */
  readonly report: RunReport;
  /** JSON text of what it returned, where it succeeded. */
  readonly result?: string;
  /** Why it failed, with stack and causes, without secrets. */
  readonly error?: MillraceError;
}

/** Makes one attempt at a job. Never throws for a task that fails: the report says `failed` and why. */
export async function runTask(options: RunTaskOptions): Promise<TaskOutcome> {
  const clock = options.clock ?? systemClock;
  const started = { at: clock.now(), monotonic: clock.monotonic() };
  const tell = safe(options.observe);
  const databases = new RunDatabases({
    connectors: options.databases ?? {},
    environment: options.environment,
    clock,
    tell: (record) => tell({ type: "statement", ...record }),
  });
  const profile = new RunProfile(clock, (calls) => tell({ type: "functions", calls }));
  const teller = new TaskProgressTeller(clock, options.progress);
  const report = (status: RunStatus, error?: MillraceError): RunReport => ({
    run: options.job,
    pipeline: `task:${options.task.name}`,
    status,
    startedAt: new Date(started.at).toISOString(),
    durationMs: Math.round(clock.monotonic() - started.monotonic),
    attempt: String(options.attempt),
    resumed: false,
    tables: {},
    checkpoint: {},
    withheld: {},
    ...(error === undefined ? {} : { error: error.toJSON() }),
  });
  try {
    const context = contextOf(options, databases, teller, tell);
    const result = await inProfile(profile, () => callTask(options, context));
    return { report: report("succeeded"), result };
  } catch (thrown) {
    if (options.signal.aborted) return { report: report("stopped") };
    const error = redactor.error(asMillraceError(thrown, "MLR_TASK_FAILED", `task "${options.task.name}"`));
    return { report: report("failed", error), error };
  } finally {
    profile.close();
    teller.close();
    await databases.close();
  }
}

async function callTask({ task, payload }: RunTaskOptions, context: TaskContext): Promise<string> {
  const input = await checkTaskInput(task, JSON.parse(payload));
  // The schema has made of it what the function takes.
  const returned = await task.run(input as never, context);
  return taskJson(returned, {
    what: `The result of task "${task.name}"`,
    limit: MAX_RESULT_BYTES,
    code: "MLR_TASK_RESULT_INVALID",
  });
}

function contextOf(
  options: RunTaskOptions,
  databases: RunDatabases,
  teller: TaskProgressTeller,
  tell: RunObserver,
): TaskContext {
  const { task, job, attempt, maxAttempts, signal, environment } = options;
  return {
    task: task.name,
    job,
    attempt,
    maxAttempts,
    signal,
    directory: environment.directory,
    ...(environment.setting === undefined ? {} : { setting: environment.setting.bind(environment) }),
    database: (from) => databases.database(from),
    ...lendSecrets(environment),
    progress: (done, total, note) => teller.tell({ done, total: total ?? null, note: note ?? null }),
    log: (level, message, details) =>
      tell({ type: "log", level, message, ...(details === undefined ? {} : { details }) }),
  };
}

/** What an observer throws never fails a job. */
function safe(observe: RunObserver): RunObserver {
  return (event) => {
    try {
      observe(event);
    } catch {
      // Whoever observes has to see to it.
    }
  };
}
