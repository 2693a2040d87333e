import { asMillraceError, executeRun, MillraceError, type RunReport } from "@millrace/core";
import type { RunTask } from "@millrace/orchestrator";
import { ObjectFinder } from "@millrace/platform";
import { choosePipelines } from "../project/choose-pipelines.ts";
import { codeVersionOf } from "../project/code-version.ts";
import { projectAt } from "../project/find-project.ts";
import { loadPipelinesOf } from "../project/load-pipelines.ts";
import { traceRun } from "../workspace/trace-run.ts";
import { openWorkspace } from "../workspace/workspace.ts";
import { codePositionOf } from "./code-position.ts";
import type { ParentChannel } from "./parent-channel.ts";
import { preparedProject } from "./prepared-project.ts";
import { documentsOf } from "./documents-of.ts";
import { takeControls } from "./take-controls.ts";

/** Runs the pipeline of a task in this process. Never throws: what keeps it from starting is in the report as well. */
export async function carryOut(
  task: RunTask,
  channel: ParentChannel,
  signal: AbortSignal,
): Promise<RunReport> {
  const startedAt = new Date();
  const started = performance.now();
  try {
    return await run(task, channel, signal);
  } catch (error) {
    return {
      run: task.run,
      pipeline: task.pipeline,
      status: "failed",
      startedAt: startedAt.toISOString(),
      durationMs: Math.round(performance.now() - started),
      attempt: "0",
      resumed: false,
      tables: {},
      checkpoint: {},
      withheld: {},
      error: withPosition(
        asMillraceError(error, "MLR_INTERNAL", `pipeline "${task.pipeline}"`).toJSON(),
        error,
        task.root,
      ),
    };
  }
}

async function run(task: RunTask, channel: ParentChannel, signal: AbortSignal): Promise<RunReport> {
  const folder = projectAt(task.root);
  if (folder === undefined) {
    throw new MillraceError("MLR_PROJECT_INVALID", `The project's folder ${task.root} is gone`);
  }
  const warn = (message: string): void =>
    channel.send({ type: "event", event: { type: "log", level: "warn", message } });
  const project = await preparedProject(folder);
  const { databaseUrl, controlUrl } = task;
  const workspace = openWorkspace(project, warn, { databaseUrl, controlUrl });
  const finder = new ObjectFinder((objects) =>
    channel.send({ type: "event", event: { type: "objects", objects } }),
  );
  try {
    const loaded = await (task.file === undefined
      ? workspace.pipelines()
      : loadPipelinesOf(folder, task.file));
    const [pipeline] = choosePipelines(loaded, [task.pipeline]);
    if (pipeline === undefined) throw new MillraceError("MLR_INTERNAL", "No pipeline was chosen");
    takeControls(pipeline, channel);
    const codeVersion = codeVersionOf(pipeline);
    let failure: MillraceError | undefined;
    // Without a span of the worker nobody follows this run.
    const trace =
      task.traceparent === undefined
        ? undefined
        : await traceRun({ ...task, settings: project.settings.values });
    const report = await executeRun({
      ...task.request,
      pipeline,
      environment: workspace.environment,
      databases: workspace.databases,
      ...(codeVersion === undefined ? {} : { codeVersion }),
      run: task.run,
      attempts: { next: (above = 0n) => channel.nextAttempt(above) },
      signal,
      // Asked where a rule compares with past runs, and only then connected.
      history: {
        observed: async (query) => (await workspace.control()).quality.history.observed(query),
      },
      documents: documentsOf(pipeline.name, async () => (await workspace.control()).pool),
      ending: (connected) => finder.close(connected),
      observe: (event) => {
        channel.send({ type: "event", event: tellable(event) });
        if (event.type === "finished") failure = event.error;
        finder.observe(event);
        trace?.observe(event);
      },
      ...(trace === undefined ? {} : { steps: trace.steps }),
    });
    await trace?.end(report);
    if (report.error === undefined) return report;
    return { ...report, error: withPosition(report.error, failure, folder.root) };
  } finally {
    await finder.close();
    await workspace.close();
  }
}

/** Adds to an error's details where in the project's code it came from: its record keeps no stack. */
function withPosition(
  error: NonNullable<RunReport["error"]>,
  thrown: unknown,
  root: string,
): NonNullable<RunReport["error"]> {
  const position = codePositionOf(thrown, root);
  return position === undefined
    ? error
    : { ...error, details: { ...error.details, position: { ...position } } };
}

/** Errors do not go over a channel with all that they hold. */
function tellable<E extends { readonly type: string }>(event: E): E {
  if (event.type !== "finished" || !("error" in event)) return event;
  const { error: _, ...others } = event;
  return others as unknown as E;
}
