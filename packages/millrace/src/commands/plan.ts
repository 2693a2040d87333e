import {
  executeRun,
  type FieldDifference,
  MillraceError,
  type RunReport,
  type SchemaChange,
} from "@millrace/core";
import { newRunId } from "@millrace/platform";
import { keyValue, positiveInteger } from "../arguments.ts";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { exitCodeOf } from "../exit-codes.ts";
import { formatMany } from "../output/numbers.ts";
import type { Style } from "../output/style.ts";
import { codeVersionOf } from "../project/code-version.ts";
import { runTable } from "../output/run-table.ts";
import { showRun } from "../output/run-view.ts";
import { clean, cleanLines } from "../output/text.ts";
import { valueText } from "../output/value-text.ts";
import { displayWidth } from "../output/width.ts";
import { examples } from "../program.ts";
import { choosePipelines } from "../project/choose-pipelines.ts";
import { listenForInterrupts } from "../workspace/interrupts.ts";
import { withWorkspace } from "../workspace/workspace.ts";

interface PlanFlags {
  readonly full?: boolean;
  readonly since?: string;
  readonly limit?: number;
  readonly param?: Readonly<Record<string, string>>;
}

/** `millrace plan`: a dry run. */
export const plan: CommandSetup = (command, cli) => {
  command
    .argument("<pipeline>", "its name")
    .option("--full", "as if everything were read again")
    .option("--since <value>", "as a run with --since")
    .option("--limit <rows>", "read at most so many rows", positiveInteger)
    .option("--param <name=value>", "set a parameter of the pipeline; may be repeated", keyValue)
    .addHelpText("after", examples(["plan quakes", "plan quakes --limit 1000 --json"]))
    .action(async (name: string, { param, ...flags }: PlanFlags) => {
      await withWorkspace(cli, async (workspace) => {
        const [pipeline] = choosePipelines(await workspace.pipelines(), [name]);
        if (pipeline === undefined) return;
        const interrupts = listenForInterrupts(cli.printer);
        const view = showRun(cli.printer, name, displayWidth(name));
        const codeVersion = codeVersionOf(pipeline);
        const report = await executeRun({
          ...(flags.full === undefined ? {} : { full: flags.full }),
          ...(flags.since === undefined ? {} : { since: flags.since }),
          ...(flags.limit === undefined ? {} : { limit: flags.limit }),
          ...(param === undefined ? {} : { params: param }),
          pipeline,
          environment: workspace.environment,
          databases: workspace.databases,
          ...(codeVersion === undefined ? {} : { codeVersion }),
          run: newRunId(),
          attempts: {
            next: () => Promise.reject(new MillraceError("MLR_INTERNAL", "A dry run asked for an attempt")),
          },
          dryRun: true,
          signal: interrupts.signal,
          observe: view.observe,
        }).finally(interrupts.dispose);
        view.endDry(report);
        printPlan(cli, report);
        if (report.status === "failed") cli.exit(exitCodeOf(report.error?.code ?? "MLR_INTERNAL"));
        if (report.status === "stopped") cli.exit(interrupts.exitCode() ?? 130);
      });
    });
};

/** Prints what a dry run came to. */
export function printPlan({ printer }: CliContext, report: RunReport): void {
  printer.result(forPrograms(report), () => forPeople(report, printer.style));
}

function forPrograms(report: RunReport): Record<string, unknown> {
  const { pipeline, status, durationMs, tables, withheld, error } = report;
  return {
    pipeline,
    status,
    durationMs,
    changes: report.plan?.changes ?? [],
    tables,
    withheld,
    ...(report.snapshots === undefined ? {} : { snapshots: report.snapshots }),
    sample: report.plan?.sample ?? [],
    ...(error === undefined ? {} : { error }),
  };
}

function forPeople(report: RunReport, style: Style): string {
  const changes = report.plan?.changes ?? [];
  const sample = report.plan?.sample ?? [];
  return [
    style.bold("Schema"),
    ...(changes.length === 0 ? ["  no change"] : changes.map(statement)),
    "",
    style.bold("Rows"),
    indent(runTable([report], style)),
    ...(sample.length === 0
      ? []
      : ["", style.bold(`Differences (${formatMany(sample.length, "row")} as a sample)`)]),
    ...sample.map((difference) => differenceText(difference, style)),
    "",
    style.dim("Nothing was written."),
  ].join("\n");
}

function statement(change: SchemaChange): string {
  return indent(`${cleanLines(change.statement.trim()).replace(/;?$/, ";")}`);
}

const SIGNS = { insert: "+", update: "~", remove: "-", restore: "+" } as const;

function differenceText(difference: FieldDifference, style: Style): string {
  const { table, operation, key, fields } = difference;
  const paint = operation === "remove" ? style.red : operation === "update" ? style.yellow : style.green;
  const keys = Object.entries(key).map(([name, value]) => `${clean(name)}=${valueText(value)}`);
  const head = `  ${paint(SIGNS[operation])} ${clean(table)} ${keys.join(" ")} ${style.dim(operation)}`;
  if (operation === "remove") return head;
  const lines = Object.entries(fields).map(([name, { before, after }]) =>
    operation === "update"
      ? `      ${clean(name)}: ${valueText(before)} → ${valueText(after)}`
      : `      ${clean(name)}: ${valueText(after)}`,
  );
  return [head, ...lines].join("\n");
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
