import { checkParams, MillraceError } from "@millrace/core";
import { type CommandReceipt, giveCommand, type RunRequest } from "@millrace/orchestrator";
import type { CliContext } from "../cli-context.ts";
import { whoAsks } from "./who-asks.ts";
import type { Workspace } from "./workspace.ts";

/** Queues a run of each pipeline for whichever worker takes it, and tells their ids. */
export async function queueRuns(
  cli: CliContext,
  workspace: Workspace,
  names: readonly string[],
  request: RunRequest,
): Promise<void> {
  if (names.length === 0) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "--queue needs the names of pipelines", {
      hint: "Such as: millrace run prices --queue",
    });
  }
  await checkParameters(workspace, names, request);
  const { pool } = await workspace.control();
  const queued: CommandReceipt[] = [];
  for (const name of names) {
    queued.push(await giveCommand(pool, { kind: "start", target: name, by: whoAsks(), request }));
  }
  cli.printer.result(queued, () =>
    queued.map(({ pipeline, runs }) => `${pipeline}: queued as run ${runs.join(", ")}`).join("\n"),
  );
}

/** What is wrong with parameters is told now, not by a run that fails. Pipelines of other projects are left to their runs. */
async function checkParameters(
  workspace: Workspace,
  names: readonly string[],
  request: RunRequest,
): Promise<void> {
  const { pipelines } = await workspace.pipelines();
  for (const { pipeline } of pipelines) {
    if (names.includes(pipeline.name)) await checkParams(pipeline, request.params);
  }
}
