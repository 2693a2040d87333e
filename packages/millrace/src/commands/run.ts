import type { CommandSetup } from "../cli-context.ts";
import { examples } from "../program.ts";
import { choosePipelines } from "../project/choose-pipelines.ts";
import { keyValue, positiveInteger } from "../arguments.ts";
import { queueRuns } from "../workspace/queue-runs.ts";
import { runAndReport } from "../workspace/run-and-report.ts";
import { withWorkspace } from "../workspace/workspace.ts";

interface RunFlags {
  readonly full?: boolean;
  readonly since?: string;
  readonly limit?: number;
  readonly queue?: boolean;
  readonly param?: Readonly<Record<string, string>>;
}

/** `millrace run`: runs pipelines one after another, and those that never end side by side. */
export const run: CommandSetup = (command, cli) => {
  command
    .argument("[pipelines...]", "their names; without any, all that are enabled")
    .option("--full", "read everything again, whatever was read before")
    .option("--since <value>", "read only what is newer, in the source's own terms; nothing is removed")
    .option("--limit <rows>", "read at most so many rows; nothing is removed", positiveInteger)
    .option("--param <name=value>", "set a parameter of the pipeline; may be repeated", keyValue)
    .option("--queue", "leave them to the workers: only queue them")
    .addHelpText(
      "after",
      examples([
        "run quakes",
        "run airports zipcodes --full",
        "run prices --param day=2026-11-21 --json",
        "run",
      ]),
    )
    .action(async (names: string[], flags: RunFlags) => {
      const { full, since, limit, param } = flags;
      await withWorkspace(cli, async (workspace) => {
        const asked = {
          ...(full === undefined ? {} : { full }),
          ...(since === undefined ? {} : { since }),
          ...(limit === undefined ? {} : { limit }),
          ...(param === undefined ? {} : { params: param }),
        };
        if (flags.queue === true) return queueRuns(cli, workspace, names, asked);
        const loaded = await workspace.pipelines();
        const pipelines = choosePipelines(loaded, names);
        for (const error of loaded.errors) cli.printer.explain(error);
        const { exitCode } = await runAndReport(cli, workspace, pipelines, asked);
        cli.exit(exitCode);
      });
    });
};
