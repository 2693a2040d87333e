import {
  type LeaderStatus,
  pipelineStatus,
  type PipelineStatus,
  queueStatus,
  type QueueStatus,
  schedulerStatus,
  workerStatus,
  type WorkerStatus,
} from "@millrace/orchestrator";
import { describeSchedule, nextFire } from "@millrace/orchestrator/schedule";
import type { RecordStatus } from "@millrace/platform";
import type { CommandSetup } from "../cli-context.ts";
import { paintStatus } from "../output/run-record.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { examples } from "../program.ts";
import { withWorkspace } from "../workspace/workspace.ts";

interface Status {
  readonly scheduler: LeaderStatus | null;
  readonly workers: readonly WorkerStatus[];
  readonly queues: readonly QueueStatus[];
  readonly pipelines: readonly (PipelineStatus & { readonly nextDueAt: string | null })[];
}

/** `millrace status`: what runs, what waits, and how each pipeline is. */
export const status: CommandSetup = (command, cli) => {
  command.addHelpText("after", examples(["status", "status --json"])).action(async () => {
    await withWorkspace(cli, async (workspace) => {
      const { pool } = await workspace.control();
      const [scheduler, workers, queues, pipelines] = await Promise.all([
        schedulerStatus(pool),
        workerStatus(pool),
        queueStatus(pool),
        pipelineStatus(pool),
      ]);
      const found = {
        scheduler,
        workers,
        queues,
        pipelines: pipelines.map((each) => ({ ...each, nextDueAt: nextDue(each) })),
      };
      cli.printer.result(found, () => forPeople(found, cli.printer.style));
    });
  });
};

/** The next fire that its scheduler waits for, ISO 8601. */
function nextDue({ schedule, state, lastDueAt, name }: PipelineStatus): string | null {
  if (schedule === null || state !== "enabled") return null;
  const after = Math.max(Date.now(), lastDueAt === null ? 0 : Date.parse(lastDueAt));
  const fire = nextFire(schedule, after, name);
  return fire === undefined ? null : new Date(fire.startMs).toISOString();
}

function forPeople({ scheduler, workers, queues, pipelines }: Status, style: Style): string {
  const alive = workers.filter((each) => each.alive);
  const slots = alive.reduce((sum, each) => sum + each.slots, 0);
  const running = queues.reduce((sum, each) => sum + each.running, 0);
  const queued = queues.reduce((sum, each) => sum + each.queued, 0);
  const head = [
    scheduler === null
      ? style.yellow("No scheduler runs: nothing is started by itself. `millrace up` starts one.")
      : `Scheduler   process ${scheduler.pid} on ${clean(scheduler.host)} since ${timeText(scheduler.since)}`,
    alive.length === 0
      ? style.yellow("No worker runs: what is queued waits.")
      : `Workers     ${alive.length}, ${running} of ${slots} slots busy`,
    `Queued      ${queued}`,
  ].join("\n");
  if (pipelines.length === 0)
    return `${head}\n\nNo pipelines are registered: "millrace up" registers the project's.`;
  return `${head}\n\n${renderTable(
    [
      { title: "pipeline" },
      { title: "group" },
      { title: "when" },
      { title: "last run" },
      { title: "finished" },
      { title: "next" },
      { title: "state" },
    ],
    pipelines.map((each) => [
      clean(each.name),
      clean(each.group ?? ""),
      whenText(each),
      each.running > 0
        ? style.cyan("running")
        : each.lastRun === null
          ? ""
          : paintStatus(each.lastRun.status as RecordStatus, style),
      timeText(each.lastRun?.finishedAt ?? null),
      timeText(each.nextDueAt),
      each.state === "enabled"
        ? ""
        : style.yellow(clean(`${each.state}${each.reason === null ? "" : `: ${each.reason}`}`)),
    ]),
    { heading: style.dim },
  )}`;
}

function whenText({ schedule, parents }: PipelineStatus): string {
  const after = parents.length === 0 ? [] : [`after ${parents.join(", ")}`];
  return clean(
    [...(schedule === null ? [] : [describeSchedule(schedule, { brief: true })]), ...after].join(", "),
  );
}
