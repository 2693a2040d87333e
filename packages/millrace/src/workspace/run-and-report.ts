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
 * Runs pipelines one after another, showing each as it goes, and prints the result. One that fails does not keep the
 * others from running; a signal does.
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
  const reports: RunReport[] = [];
  const queue = lendTaskQueue({
    enqueue: async (job) => enqueueJob((await workspace.control()).pool, job),
  });
  try {
    for (const pipeline of pipelines) {
      if (interrupts.signal.aborted) break;
      const view = showRun(printer, pipeline.name, width);
      const context = { workspace, signal: interrupts.signal, observe: view.observe, warn: printer.warn };
      const report = await runPipeline(pipeline, options, context);
      view.end(report);
      reports.push(report);
    }
  } finally {
    lendTaskQueue(queue);
    interrupts.dispose();
  }
  const done = reports.length === pipelines.length && reports.every((report) => report.status !== "stopped");
  const exitCode = done ? exitOf(reports) : (interrupts.exitCode() ?? EXIT.interrupted);
  printer.result(reports.map(forPrograms), () =>
    reports.length === 0 ? "" : `\n${runTable(reports, printer.style)}`,
  );
  return { reports, exitCode };
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
