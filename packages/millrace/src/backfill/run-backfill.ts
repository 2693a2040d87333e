import { checkParams, checkPartition, MillraceError } from "@millrace/core";
import {
  backfillPartitions,
  type BackfillPlan,
  type BackfillStatus,
  cancelBackfill,
  describePipeline,
  getBackfill,
  knownPartitions,
  listBackfills,
  planBackfill,
  startBackfill,
  type StartedBackfill,
  workerStatus,
} from "@millrace/orchestrator";
import type { CliContext } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { formatCount } from "../output/numbers.ts";
import { choosePipelines } from "../project/choose-pipelines.ts";
import { codeVersionOf } from "../project/code-version.ts";
import { whoAsks } from "../workspace/who-asks.ts";
import { withWorkspace, type Workspace } from "../workspace/workspace.ts";
import { backfillTable, partitionTable, planTable } from "./backfill-text.ts";
import { followBackfill } from "./follow-backfill.ts";

/** How a backfill is asked for on the command line. */
export interface BackfillFlags {
  readonly from?: string;
  readonly to?: string;
  readonly by: string;
  readonly timeZone: string;
  readonly partitions?: string;
  readonly parallel: number;
  readonly param?: Readonly<Record<string, string>>;
  readonly again?: boolean;
  readonly dryRun?: boolean;
  readonly wait: boolean;
}

const UNITS = ["hour", "day", "week", "month", "year"] as const;

/** Queues the partitions that have not succeeded, and shows how far they are until they are over. */
export async function runBackfill(cli: CliContext, name: string, flags: BackfillFlags): Promise<void> {
  const plan = planOf(flags);
  const partitions = planBackfill(plan);
  await withWorkspace(cli, async (workspace) => {
    const loaded = await workspace.pipelines();
    const [pipeline] = choosePipelines(loaded, [name]);
    if (pipeline === undefined) throw new MillraceError("MLR_INTERNAL", "No pipeline was chosen");
    checkPartition(pipeline);
    await checkParams(pipeline, flags.param);
    const { pool } = await workspace.control();
    if (flags.dryRun === true) {
      const known = await knownPartitions(
        pool,
        name,
        partitions.map((each) => each.name),
      );
      const shown = partitions.map((each) => ({ ...each, state: known.get(each.name) ?? "new" }));
      return cli.printer.result({ pipeline: name, partitions: shown }, () =>
        planTable(shown, cli.printer.style),
      );
    }
    const { file = "" } = loaded.pipelines.find((entry) => entry.pipeline === pipeline) ?? {};
    const { limits, group, codeVersion } = describePipeline(pipeline, {
      file,
      codeVersion: codeVersionOf(pipeline),
    });
    const started = await startBackfill(pool, {
      ...{ pipeline: name, group, partitions, limits, codeVersion },
      ...("partitions" in plan ? {} : { range: { ...plan, timeZone: flags.timeZone } }),
      parallel: flags.parallel,
      again: flags.again ?? false,
      request: flags.param === undefined ? {} : { params: flags.param },
      by: whoAsks(),
    });
    await tellStart(cli, workspace, { name, started });
    if (flags.wait && started.queued.length > 0) await followBackfill(cli, pool, started.id);
    await tellEnd(cli, workspace, started);
  });
}

/** Prints the latest backfills, or one with its partitions. */
export async function showBackfills(cli: CliContext, id: string | undefined): Promise<void> {
  await withWorkspace(cli, async (workspace) => {
    const { pool } = await workspace.control();
    if (id === undefined) {
      const all = await listBackfills(pool);
      return cli.printer.result(all, () => backfillTable(all, cli.printer.style));
    }
    const status = await getBackfill(pool, id);
    const partitions = await backfillPartitions(pool, status.id);
    cli.printer.result(
      { ...status, partitions },
      () =>
        `${backfillTable([status], cli.printer.style)}\n\n${partitionTable(partitions, cli.printer.style)}`,
    );
  });
}

/** Ends a backfill. */
export async function cancelByHand(cli: CliContext, id: string): Promise<void> {
  await withWorkspace(cli, async (workspace) => {
    const { pool } = await workspace.control();
    const status = await getBackfill(pool, id);
    const running = await cancelBackfill(pool, { id: status.id, by: whoAsks() });
    cli.printer.result({ id: status.id, pipeline: status.pipeline, running }, () =>
      running.length === 0
        ? `Backfill ${status.id} of ${status.pipeline} is cancelled`
        : `Backfill ${status.id} of ${status.pipeline} is cancelled; ${formatCount(running.length)} of its runs are told to end`,
    );
  });
}

function planOf({ from, to, by, timeZone, partitions }: BackfillFlags): BackfillPlan {
  const wrong = (message: string, hint: string): MillraceError =>
    new MillraceError("MLR_ARGUMENT_INVALID", message, { hint });
  if (partitions !== undefined) {
    if (from !== undefined || to !== undefined)
      throw wrong(
        "A backfill is of a range or of named partitions, not both",
        "Leave out --partitions, or --from and --to.",
      );
    return { partitions: partitions.split(",") };
  }
  if (from === undefined || to === undefined) {
    throw wrong(
      "A backfill needs --from and --to, or --partitions",
      "Such as: millrace backfill prices --from 2026-01-01 --to 2026-02-01",
    );
  }
  const unit = UNITS.find((each) => each === by);
  if (unit === undefined) throw wrong(`A range is not cut by "${by}"`, `Choose one of: ${UNITS.join(", ")}.`);
  return { from, to, by: unit, timeZone };
}

async function tellStart(
  cli: CliContext,
  workspace: Workspace,
  { name, started }: { readonly name: string; readonly started: StartedBackfill },
): Promise<void> {
  const { queued, done, busy, id } = started;
  const parts = [
    `${formatCount(queued.length)} queued`,
    ...(done.length === 0 ? [] : [`${formatCount(done.length)} have succeeded before`]),
    ...(busy.length === 0 ? [] : [`${formatCount(busy.length)} are on their way already`]),
  ];
  cli.printer.note(`${name}: backfill ${id}: ${parts.join(", ")}`);
  const workers = await workerStatus((await workspace.control()).pool);
  if (queued.length > 0 && !workers.some(({ alive }) => alive))
    cli.printer.warn("No worker runs: its partitions wait until one does. Start one with: millrace up");
}

async function tellEnd(cli: CliContext, workspace: Workspace, started: StartedBackfill): Promise<void> {
  const status = await getBackfill((await workspace.control()).pool, started.id);
  cli.printer.result({ ...status, ...started }, () => backfillTable([status], cli.printer.style));
  if (status.over && failures(status) > 0) cli.exit(EXIT.failed);
}

function failures({ counts }: BackfillStatus): number {
  return (counts.failed ?? 0) + (counts.died ?? 0);
}
