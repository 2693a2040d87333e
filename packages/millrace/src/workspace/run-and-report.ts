import { lendTaskQueue, type Pipeline, type RunReport } from "@millrace/core";
import { enqueueJob } from "@millrace/orchestrator";
import type { CliContext } from "../cli-context.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { maskOutput } from "../output/mask-output.ts";
import { runTable } from "../output/run-table.ts";
import { showRun } from "../output/run-view.ts";
import { displayWidth } from "../output/width.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { type RunOptions, runPipeline } from "./run-pipeline.ts";
import type { Workspace } from "./workspace.ts";

/** What a series of runs came to. */
export interface Outcome {
  readonly reports: readonly RunReport[];
  readonly exitCode: number;
}

/**
 * Runs pipelines one after another, showing each as it goes, and prints the result; those whose source never ends run
 * side by side when the others are through. One that fails does not keep the others from running; a signal does.
 */
export async function runAndReport(
  cli: CliContext,
  workspace: Workspace,
  pipelines: readonly Pipeline[],
  options: RunOptions,
): Promise<Outcome> {
  const { printer } = cli;
  maskOutput([process.stdout, process.stderr]);
  const interrupts = listenForInterrupts(printer);
  const width = Math.max(0, ...pipelines.map((pipeline) => displayWidth(pipeline.name)));
  const reports = new Map<Pipeline, RunReport>();
  const carryOut = async (pipeline: Pipeline, alone: boolean): Promise<void> => {
    if (interrupts.signal.aborted) return;
    const view = showRun(printer, pipeline.name, width, alone);
    const context = { workspace, signal: interrupts.signal, observe: view.observe, warn: printer.warn };
    const report = await runPipeline(pipeline, options, context);
    view.end(report);
    reports.set(pipeline, report);
  };
  const queue = lendTaskQueue({
    enqueue: async (job) => enqueueJob((await workspace.control()).pool, job),
  });
  try {
    const endless = pipelines.filter(isEndless);
    for (const pipeline of pipelines) if (!isEndless(pipeline)) await carryOut(pipeline, true);
    const runs = await Promise.allSettled(
      endless.map((pipeline) => carryOut(pipeline, endless.length === 1)),
    );
    for (const run of runs) if (run.status === "rejected") throw run.reason;
  } finally {
    lendTaskQueue(queue);
    interrupts.dispose();
  }
  const ended = pipelines.flatMap((pipeline) => reports.get(pipeline) ?? []);
  const done = ended.length === pipelines.length && ended.every((report) => report.status !== "stopped");
  const exitCode = done ? exitOf(ended) : (interrupts.exitCode() ?? EXIT.interrupted);
  printer.result(ended.map(forPrograms), () =>
    ended.length === 0 ? "" : `\n${runTable(ended, printer.style)}`,
  );
  return { reports: ended, exitCode };
}

function isEndless({ source }: Pipeline): boolean {
  return typeof source !== "function" && source.endless === true;
}

/** Where all failed for the same reason its own code, otherwise 1. */
function exitOf(reports: readonly RunReport[]): number {
  const failed = reports.filter((report) => report.status === "failed");
  if (failed.length === 0) return EXIT.ok;
  const codes = new Set(failed.map((report) => exitCodeOf(report.error?.code ?? "MLR_INTERNAL")));
  const [only] = codes;
  return codes.size === 1 && only !== undefined ? only : EXIT.failed;
}

/** The report in the form that `run --json` promises; `show --json` tells more. */
function forPrograms(report: RunReport): Record<string, unknown> {
  const { run, pipeline, status, startedAt, durationMs, checkpoint, error } = report;
  const tables = Object.fromEntries(
    Object.entries(report.tables).map(([table, counts]) => {
      const { read, inserted, updated, unchanged, removed, restored, rejected } = counts;
      return [table, { read, inserted, updated, unchanged, removed, restored, rejected }];
    }),
  );
  return {
    run,
    pipeline,
    status,
    startedAt,
    durationMs,
    tables,
    checkpoint,
    ...(report.snapshots === undefined ? {} : { snapshots: report.snapshots }),
    ...(report.quality === undefined ? {} : { quality: report.quality }),
    ...(error === undefined ? {} : { error }),
  };
}
