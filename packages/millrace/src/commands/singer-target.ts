import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import { Option } from "commander";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { showRun } from "../output/run-view.ts";
import { examples } from "../program.ts";
import { loadTargetOptions } from "../singer/load-target-options.ts";
import { aboutText, targetAbout } from "../singer/target-about.ts";
import type { TargetOptions } from "../singer/target-options.ts";
import { targetPipeline } from "../singer/target-pipeline.ts";
import type { TargetStreams } from "../singer/target-source.ts";
import { targetProject } from "../singer/target-project.ts";
import { listenForInterrupts } from "../workspace/interrupts.ts";
import { runPipeline } from "../workspace/run-pipeline.ts";
import { withWorkspace } from "../workspace/workspace.ts";

interface TargetFlags {
  readonly config?: readonly string[];
  readonly input?: string;
  readonly about?: boolean;
  readonly format?: "json" | "markdown";
}

/** `millrace singer-target`: lands what a Singer tap writes; committed states go to stdout. */
export const singerTarget: CommandSetup = (command, cli) => {
  command
    .option(
      "-c, --config <file>",
      "a JSON file, or ENV for TARGET_MILLRACE_… variables; may be repeated",
      gathered,
    )
    .option("--input <file>", "read the messages from a file instead of standard input")
    .option("--about", "tell what this target can do and its settings")
    .addOption(new Option("--format <format>", "of --about").choices(["json", "markdown"]))
    .addHelpText(
      "after",
      examples(["singer-target --config c.json < messages.singer > state.json", "singer-target --about"]),
    )
    .action(async (flags: TargetFlags) => {
      const about = targetAbout();
      if (flags.about === true) return cli.printer.result(about, () => aboutText(about, flags.format));
      if (cli.printer.json) {
        throw new MillraceError(
          "MLR_ARGUMENT_INVALID",
          "singer-target has no --json: its output is the states",
          {
            hint: "Leave --json out. `millrace show --json` tells of the run afterwards.",
          },
        );
      }
      const options = await loadTargetOptions({
        configs: flags.config ?? [],
        directory: cli.cwd,
        environment: process.env,
      });
      const say = reserveStdout(cli);
      const { input } = flags;
      if (input === undefined && cli.stdin.isTTY) {
        cli.printer.note(
          "Reading Singer messages from the terminal. Pipe a tap into this command, or use --input.",
        );
      }
      const streams: TargetStreams =
        input === undefined
          ? { input: cli.stdin, origin: "standard input", onState: say }
          : { input: createReadStream(resolve(cli.cwd, input)), origin: input, onState: say };
      cli.exit(await land(cli, options, streams));
    });
};

async function land(cli: CliContext, options: TargetOptions, streams: TargetStreams): Promise<number> {
  const use: Parameters<typeof withWorkspace<number>>[1] = async (workspace) => {
    const interrupts = listenForInterrupts(cli.printer);
    try {
      const pipeline = await targetPipeline(options, streams, {
        databases: workspace.databases,
        pipelines: async () => (await workspace.pipelines()).pipelines.map((each) => each.pipeline),
      });
      const view = showRun(cli.printer, pipeline.name, 0);
      const context = { workspace, signal: interrupts.signal, observe: view.observe, warn: cli.printer.warn };
      const report = await runPipeline(pipeline, {}, context);
      view.end(report);
      if (report.status === "succeeded") return EXIT.ok;
      if (report.status === "stopped") return interrupts.exitCode() ?? EXIT.interrupted;
      return exitCodeOf(report.error?.code ?? "MLR_INTERNAL");
    } finally {
      interrupts.dispose();
    }
  };
  return withWorkspace(cli, use, () => targetProject(cli, options));
}

/** From now on stdout is for states alone: whatever else is written to it, also by a project's own code, goes to stderr. */
function reserveStdout({ stdout, stderr }: CliContext): (state: string) => void {
  const write = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr);
  return (state) => void write(`${state}\n`);
}

function gathered(file: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), file];
}
