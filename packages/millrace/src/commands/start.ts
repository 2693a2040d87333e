import { isAbsolute, join, relative } from "node:path";
import { maskUrl } from "@millrace/platform";
import { portNumber } from "../arguments.ts";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { examples } from "../program.ts";
import { choosePipelines, isPushed } from "../project/choose-pipelines.ts";
import { projectAt } from "../project/find-project.ts";
import { serve } from "../serve/serve.ts";
import { runAndReport } from "../workspace/run-and-report.ts";
import { type Workspace, withWorkspace } from "../workspace/workspace.ts";

/** Runs at the same time. */
const SLOTS = 4;

/**
 * `millrace start`: the whole platform, as `millrace up`, in which every pipeline runs at once that never ran. With `--once`
 * it runs every pipeline that is enabled, tells where the data is, and ends.
 */
export const start: CommandSetup = (command, cli) => {
  command
    .option("--once", "run every enabled pipeline once here, without a server, and end")
    .option(
      "--port <number>",
      "port of the dashboard and the API, 0: none (default: 8080 or the next free)",
      portNumber,
    )
    .addHelpText("after", examples(["start", "start --once", "start --project examples"]))
    .action(async ({ once = false, port }: { once?: boolean; port?: number }) => {
      const examplesFolder = join(cli.start(), "examples");
      // In the repository, and wherever else there is no project but examples of one.
      if (projectAt(cli.start()) === undefined && projectAt(examplesFolder) !== undefined) {
        cli.setStart(examplesFolder);
      }
      if (once) return withWorkspace(cli, (workspace) => runAll(cli, workspace));
      const works = { slots: SLOTS };
      const duties = { registers: true, schedules: true, works, api: true, runsNew: true } as const;
      return serve(
        cli,
        { ...duties, ingests: "when-wanted", data: "when-wanted" },
        port === undefined ? {} : { apiPort: port },
      );
    });
};

async function runAll(cli: CliContext, workspace: Workspace): Promise<void> {
  const { printer } = cli;
  const loaded = await workspace.pipelines();
  const pipelines = loaded.pipelines
    .filter(({ pipeline }) => pipeline.enabled !== false && !isPushed(pipeline))
    .map((entry) => entry.pipeline);
  if (pipelines.length === 0) choosePipelines(loaded, []);
  for (const error of loaded.errors) printer.explain(error);
  const server = await workspace.embedded();
  if (server !== undefined) {
    printer.note(
      printer.errorStyle.dim(
        `PostgreSQL ${server.version} ${server.started ? "started" : "runs"} on port ${server.port}, data in ${near(server.directory, cli.cwd)}`,
      ),
    );
  }
  const { exitCode } = await runAndReport(cli, workspace, pipelines, {});
  const url = server?.url() ?? maskUrl(await workspace.environment.databaseUrl());
  printer.line(`\nQuery the data:  psql "${url}"`);
  if (server !== undefined) {
    const where = relative(cli.cwd, workspace.project.root);
    const option = where === "" ? "" : ` --project ${where}`;
    printer.note(printer.errorStyle.dim(`It goes on running; "npx millrace db stop${option}" ends it.`));
  }
  cli.exit(exitCode === EXIT.ok && loaded.errors.length > 0 ? EXIT.project : exitCode);
}

/** A path from the current folder on, where it is inside; otherwise absolute. */
function near(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside === "" || inside.startsWith("..") || isAbsolute(inside) ? path : inside;
}
