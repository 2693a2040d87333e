import path from "node:path";
import { type Clock, type Pipeline, type RunEvent, type RunReport, systemClock } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { maskOutput } from "../output/mask-output.ts";
import { clean } from "../output/text.ts";
import { listenForInterrupts } from "../workspace/interrupts.ts";
import { runPipeline } from "../workspace/run-pipeline.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { loadServiceConfig } from "./load-service-config.ts";
import { servicePipeline } from "./service-pipeline.ts";

const HOUR_MS = 3_600_000;
const DELAY_MS = 1_000;
const MAX_DELAY_MS = 60_000;

/** `millrace collectors run`: runs the collectors of a configuration in this process until it is told to end. */
export async function runService(cli: CliContext, workspace: Workspace, configFile: string): Promise<void> {
  const { printer } = cli;
  const file = path.resolve(cli.cwd, configFile);
  const { config, created } = await loadServiceConfig(file, {
    root: workspace.project.root,
    warn: printer.warn,
  });
  if (created)
    printer.note(`${file} was not there: it was written with an example. Change it, and run this again.`);
  const wanted = config.collectors.filter(({ enabled }) => enabled);
  // All of them are checked before the first is started.
  const pipelines = await Promise.all(wanted.map((each) => servicePipeline(each, path.dirname(file))));
  if (created || pipelines.length === 0) {
    printer.result({ file, created, collectors: pipelines.map(({ name }) => name), reports: [] }, () =>
      created ? "Nothing was run." : "No collector is enabled.",
    );
    return;
  }
  maskOutput([process.stdout, process.stderr]);
  const interrupts = listenForInterrupts(printer);
  try {
    printer.note(`Collecting: ${pipelines.map(({ name }) => name).join(", ")}. Ctrl-C ends it.`);
    const reports = await Promise.all(
      pipelines.map((each) =>
        supervise(each, { cli, workspace, signal: interrupts.signal, perHour: config.restartsPerHour }),
      ),
    );
    const failed = reports.some(({ status }) => status === "failed");
    printer.result({ file, created, collectors: pipelines.map(({ name }) => name), reports }, () =>
      reports.map(({ pipeline, status }) => `${clean(pipeline)}  ${status}`).join("\n"),
    );
    cli.exit(failed ? EXIT.failed : (interrupts.exitCode() ?? 0));
  } finally {
    interrupts.dispose();
  }
}

interface Supervision {
  readonly cli: CliContext;
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  readonly perHour: number;
  readonly clock?: Clock;
}

/** Runs it, and runs it again when it fails, unless that cannot help or was tried too often. */
async function supervise(pipeline: Pipeline, given: Supervision): Promise<RunReport> {
  const { cli, workspace, signal, perHour, clock = systemClock } = given;
  let times: number[] = [];
  for (;;) {
    const observe = (event: RunEvent): void => {
      if (event.type === "log" && event.level !== "debug") cli.printer.note(clean(event.message));
    };
    const report = await runPipeline(pipeline, {}, { workspace, signal, observe, warn: cli.printer.warn });
    if (signal.aborted || report.status !== "failed") return report;
    const now = clock.monotonic();
    times = times.filter((at) => at > now - HOUR_MS);
    const error = report.error;
    const hopeless = error?.retry === "never" || times.length >= perHour;
    cli.printer.warn(
      `${pipeline.name} failed: ${clean(error?.message ?? "")}. ${hopeless ? "It stays down." : "It is started again."}`,
    );
    if (hopeless) return report;
    times.push(now);
    await clock.sleep(Math.min(MAX_DELAY_MS, DELAY_MS * 2 ** (times.length - 1)), signal);
    if (signal.aborted) return report;
  }
}
