import { asMillraceError, MillraceError, runTask, type TaskOutcome } from "@millrace/core";
import type { RunTask } from "@millrace/orchestrator";
import { projectAt } from "../project/find-project.ts";
import { chooseTask, loadTasks, loadTasksOf } from "../project/load-tasks.ts";
import { openWorkspace } from "../workspace/workspace.ts";
import type { ParentChannel } from "./parent-channel.ts";
import { preparedProject } from "./prepared-project.ts";

/** Makes one attempt at a job in this process. Never throws: what keeps it from starting is in the report as well. */
export async function carryOutJob(
  given: RunTask,
  channel: ParentChannel,
  signal: AbortSignal,
): Promise<Pick<TaskOutcome, "report" | "result">> {
  const startedAt = new Date();
  try {
    return await attempt(given, channel, signal);
  } catch (caught) {
    const error = asMillraceError(caught, "MLR_INTERNAL", `task "${given.job?.task}"`);
    return {
      report: {
        run: given.run,
        pipeline: given.pipeline,
        status: "failed",
        startedAt: startedAt.toISOString(),
        durationMs: Date.now() - startedAt.getTime(),
        attempt: String(given.job?.attempt ?? 0),
        resumed: false,
        tables: {},
        checkpoint: {},
        withheld: {},
        error: error.toJSON(),
      },
    };
  }
}

async function attempt(given: RunTask, channel: ParentChannel, signal: AbortSignal): Promise<TaskOutcome> {
  const { job, root, file, databaseUrl, controlUrl } = given;
  if (job === undefined) throw new MillraceError("MLR_INTERNAL", "There is no job to do");
  const folder = projectAt(root);
  if (folder === undefined)
    throw new MillraceError("MLR_PROJECT_INVALID", `The project's folder ${root} is gone`);
  const warn = (message: string): void =>
    channel.send({ type: "event", event: { type: "log", level: "warn", message } });
  const workspace = openWorkspace(await preparedProject(folder), warn, { databaseUrl, controlUrl });
  try {
    const loaded = await (file === undefined ? loadTasks(folder) : loadTasksOf(folder, file));
    const outcome = await runTask({
      task: chooseTask(loaded, job.task),
      job: given.run,
      payload: job.payload,
      attempt: job.attempt,
      maxAttempts: job.maxAttempts,
      environment: workspace.environment,
      databases: workspace.databases,
      signal,
      observe: (event) => channel.send({ type: "event", event }),
      progress: (progress) => channel.send({ type: "task-progress", progress }),
    });
    tellWhy(outcome, channel);
    return outcome;
  } finally {
    await workspace.close();
  }
}

/** The stack is for the job's record, where it counts as an exception. */
function tellWhy({ error }: TaskOutcome, channel: ParentChannel): void {
  if (error === undefined) return;
  const cause = error.cause instanceof Error ? error.cause : error;
  channel.send({
    type: "exception",
    message: error.message,
    ...(cause.stack === undefined ? {} : { stack: cause.stack }),
  });
}
