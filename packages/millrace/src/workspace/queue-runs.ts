import { MillraceError } from "@millrace/core";
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
  const { pool } = await workspace.control();
  const queued: CommandReceipt[] = [];
  for (const name of names) {
    queued.push(await giveCommand(pool, { kind: "start", target: name, by: whoAsks(), request }));
  }
  cli.printer.result(queued, () =>
    queued.map(({ pipeline, runs }) => `${pipeline}: queued as run ${runs.join(", ")}`).join("\n"),
  );
}
