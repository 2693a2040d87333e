import {
  asMillraceError,
  executeRun,
  type Pipeline,
  REPROCESS_PARTITION,
  type ReprocessRequest,
  type RunEvent,
  type RunReport,
  systemClock,
} from "@millrace/core";
import { shownRequest } from "@millrace/orchestrator";
import { documentLedger, logRun, newRunId, ObjectFinder, sourceStatusRecorder } from "@millrace/platform";
import { codeVersionOf } from "../project/code-version.ts";
import { traceRun } from "./trace-run.ts";
import type { Workspace } from "./workspace.ts";

/** How a run is asked for. */
export interface RunOptions {
  readonly full?: boolean;
  readonly since?: string;
  readonly limit?: number;
  readonly params?: Readonly<Record<string, string>>;
  /** Read refused rows instead of the source, under a lease beside that of the pipeline's own runs. */
  readonly reprocess?: ReprocessRequest;
}

/** What a run happens in. */
export interface RunContext {
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  readonly observe: (event: RunEvent) => void;
  /** Says what is no reason to fail, such as a record that had to be kept in a file. */
  readonly warn: (text: string) => void;
}

/** Runs one pipeline under its lease and records it. Never throws: what keeps it from starting is in the report as well. */
export async function runPipeline(
  pipeline: Pipeline,
  options: RunOptions,
  context: RunContext,
): Promise<RunReport> {
  const run = newRunId();
  const startedAt = new Date();
  const started = performance.now();
  try {
    return await runLeased(pipeline, options, context, run);
  } catch (error) {
    return {
      run,
      pipeline: pipeline.name,
      status: "failed",
      startedAt: startedAt.toISOString(),
      durationMs: Math.round(performance.now() - started),
      attempt: "0",
      resumed: false,
      tables: {},
      checkpoint: {},
      withheld: {},
      error: asMillraceError(error, "MLR_INTERNAL", `pipeline "${pipeline.name}"`).toJSON(),
    };
  }
}

async function runLeased(
  pipeline: Pipeline,
  options: RunOptions,
  context: RunContext,
  run: string,
): Promise<RunReport> {
  const { workspace, signal, observe, warn } = context;
  const control = await workspace.control();
  const leaseMs = workspace.project.settings.values.leaseSeconds * 1000;
  const lease = await control.acquireLease(pipeline.name, {
    run,
    ...(options.reprocess === undefined ? {} : { partition: REPROCESS_PARTITION }),
    leaseMs,
    beatMs: Math.min(2000, leaseMs / 5),
  });
  try {
    const recorder = await control.runs.begin({
      run,
      pipeline: pipeline.name,
      trigger: options.reprocess === undefined ? "manual" : "reprocess",
      lease,
      options: shownRequest(options),
    });
    const { group } = pipeline;
    const quality = control.quality.recorder({ run, pipeline: pipeline.name, group });
    const facts = control.facts.recorder({ run, pipeline: pipeline.name });
    const status = sourceStatusRecorder(
      { pool: control.pool, clock: systemClock },
      { run, pipeline: pipeline.name },
    );
    const { logger } = await workspace.logs();
    const says = logRun(
      logger.child({ run, pipeline: pipeline.name, ...(group === undefined ? {} : { group }) }),
    );
    const codeVersion = codeVersionOf(pipeline);
    const finder = new ObjectFinder((objects) => facts.observe({ type: "objects", objects }));
    const trace = await traceRun({
      settings: workspace.project.settings.values,
      run,
      pipeline: pipeline.name,
      group,
      warn,
    });
    const report = await executeRun({
      ...options,
      pipeline,
      environment: workspace.environment,
      databases: workspace.databases,
      ...(codeVersion === undefined ? {} : { codeVersion }),
      run,
      attempts: lease.attempts,
      signal,
      lost: lease.lost,
      history: control.quality.history,
      documents: documentLedger(control.pool, pipeline.name),
      ending: (connected) => finder.close(connected),
      observe: (event) => {
        recorder.observe(event);
        quality.observe(event);
        facts.observe(event);
        status.observe(event);
        finder.observe(event);
        says(event);
        trace?.observe(event);
        observe(event);
      },
      ...(trace === undefined ? {} : { steps: trace.steps }),
    });
    await trace?.end(report);
    await finder.close();
    await Promise.all([quality.flush(), facts.flush(), status.flush()]);
    const record = await recorder.finish(report);
    if (record.kept === "file") {
      warn(
        `The control database did not take the record of this run; it is kept in ${record.path} until it does.`,
      );
    }
    return report;
  } finally {
    await lease.release();
  }
}
