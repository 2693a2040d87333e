import {
  type BrowseFilter,
  checkReprocess,
  executeRun,
  MillraceError,
  type Pipeline,
  type ReprocessRequest,
} from "@millrace/core";
import { queueReprocess } from "@millrace/orchestrator";
import { newRunId } from "@millrace/platform";
import { rowCondition, positiveInteger } from "../arguments.ts";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { exitCodeOf } from "../exit-codes.ts";
import { showRun } from "../output/run-view.ts";
import { displayWidth } from "../output/width.ts";
import { examples } from "../program.ts";
import { codeVersionOf } from "../project/code-version.ts";
import { withTable } from "../workspace/inspect.ts";
import { listenForInterrupts } from "../workspace/interrupts.ts";
import { runAndReport } from "../workspace/run-and-report.ts";
import { whoAsks } from "../workspace/who-asks.ts";
import { type Workspace, withWorkspace } from "../workspace/workspace.ts";
import { printPlan } from "./plan.ts";

interface ReprocessFlags {
  readonly where?: readonly BrowseFilter[];
  readonly limit?: number;
  readonly pipeline?: string;
  readonly dryRun?: boolean;
  readonly queue?: boolean;
}

/** `millrace reprocess`: puts the rows of a quarantine through their pipeline again. */
export const reprocess: CommandSetup = (command, cli) => {
  command
    .argument("<table>", "the table that refused them")
    .option(
      "--where <condition>",
      "only rows with this: code=…, reason~part, file=…, line>…, run_id=…, rejected_at<…; may be repeated",
      rowCondition,
    )
    .option("--limit <rows>", "at most so many, oldest first", positiveInteger)
    .option("--pipeline <name>", "whose rows, where several pipelines write the table")
    .option("--dry-run", "only tell what would become of them")
    .option("--queue", "leave it to the workers: only queue the run")
    .addHelpText(
      "after",
      examples([
        "reprocess readings --dry-run",
        "reprocess readings",
        "reprocess readings --where code=MLR_ROW_QUALITY --limit 1000",
        "reprocess readings --where 'reason~temperature' --where 'rejected_at>=2026-11-01'",
      ]),
    )
    .action(async (name: string, flags: ReprocessFlags) => {
      await withWorkspace(cli, async (workspace) => {
        const { pipeline, table } = await findWriter(workspace, name, flags.pipeline);
        checkReprocess(pipeline);
        const request: ReprocessRequest = { table, filters: flags.where, limit: flags.limit };
        if (flags.dryRun === true) return look(cli, workspace, pipeline, request);
        if (flags.queue === true) return queue(cli, workspace, pipeline, request);
        const { exitCode } = await runAndReport(cli, workspace, [pipeline], { reprocess: request });
        cli.exit(exitCode);
      });
    });
};

/** The table, and the pipeline whose rows it refused. */
async function findWriter(
  workspace: Workspace,
  name: string,
  wanted: string | undefined,
): Promise<{ readonly pipeline: Pipeline; readonly table: string }> {
  const { pipelines: loaded } = await workspace.pipelines();
  const pipelines = loaded.map((entry) => entry.pipeline);
  const places = { pipelines, environment: workspace.environment };
  return withTable(places, name, async ({ inspector, table }) => {
    const listed = await inspector.tables();
    const writers = listed.filter((entry) => entry.table === table).map((entry) => entry.pipeline);
    const named = writers.filter((writer) => wanted === undefined || writer === wanted);
    const [writer] = named;
    if (writer === undefined || named.length > 1) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        writer === undefined
          ? `Pipeline "${wanted}" does not write table ${table}`
          : `Several pipelines write table ${table}`,
        { hint: `Say whose rows: ${writers.map((each) => `--pipeline ${each}`).join(" or ")}` },
      );
    }
    const pipeline = pipelines.find((each) => each.name === writer);
    if (pipeline !== undefined) return { pipeline, table };
    throw new MillraceError(
      "MLR_PIPELINE_NOT_FOUND",
      `Pipeline "${writer}", which wrote table ${table}, is not in the project any more`,
      { hint: "Its rows can only go through the pipeline that refused them." },
    );
  });
}

/** A dry run. */
async function look(
  cli: CliContext,
  workspace: Workspace,
  pipeline: Pipeline,
  request: ReprocessRequest,
): Promise<void> {
  const interrupts = listenForInterrupts(cli.printer);
  const view = showRun(cli.printer, pipeline.name, displayWidth(pipeline.name));
  const codeVersion = codeVersionOf(pipeline);
  const report = await executeRun({
    pipeline,
    environment: workspace.environment,
    databases: workspace.databases,
    ...(codeVersion === undefined ? {} : { codeVersion }),
    run: newRunId(),
    attempts: {
      next: () => Promise.reject(new MillraceError("MLR_INTERNAL", "A dry run asked for an attempt")),
    },
    dryRun: true,
    reprocess: request,
    signal: interrupts.signal,
    observe: view.observe,
  }).finally(interrupts.dispose);
  view.endDry(report);
  printPlan(cli, report);
  if (report.status === "failed") cli.exit(exitCodeOf(report.error?.code ?? "MLR_INTERNAL"));
  if (report.status === "stopped") cli.exit(interrupts.exitCode() ?? 130);
}

async function queue(
  cli: CliContext,
  workspace: Workspace,
  { name: pipeline }: Pipeline,
  request: ReprocessRequest,
): Promise<void> {
  const { pool } = await workspace.control();
  const run = await queueReprocess(pool, { pipeline, by: whoAsks(), request });
  cli.printer.result({ pipeline, run }, () => `${pipeline}: queued as run ${run}`);
}
