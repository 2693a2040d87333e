import { MillraceError } from "@millrace/core";
import { commandOutcome, getJob, giveCommand, listJobs, requeueJob } from "@millrace/orchestrator";
import type { CliContext } from "../cli-context.ts";
import { whoAsks } from "../workspace/who-asks.ts";
import { withWorkspace } from "../workspace/workspace.ts";

const LOOK_MS = 150;
const WAIT_MS = 60_000;
/** Jobs that are queued again at a time. */
const PAGE = 500;

/** Cancels a job, and waits until its process has ended. */
export async function cancelJob(cli: CliContext, id: string): Promise<void> {
  await withWorkspace(cli, async (workspace) => {
    const { pool } = await workspace.control();
    const job = await getJob(pool, id);
    const receipt = await giveCommand(pool, { kind: "cancel", target: job.id, by: whoAsks() });
    const until = performance.now() + WAIT_MS;
    let [outcome] = await commandOutcome(pool, [job.id]);
    while (!receipt.done && outcome?.status === "running" && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      [outcome] = await commandOutcome(pool, [job.id]);
    }
    cli.printer.result({ job: job.id, task: job.task, status: outcome?.status ?? job.status }, () =>
      outcome?.status === "running"
        ? `Job ${job.id} was told to end, and still goes on`
        : `Job ${job.id} is ${outcome?.status ?? job.status}`,
    );
  });
}

/** Queues jobs again: those that are named, or all that are dead. */
export async function requeueJobs(cli: CliContext, ids: readonly string[], all: boolean): Promise<void> {
  if (ids.length === 0 && !all) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      "Name the jobs that are to be queued again, or give --all",
      {
        hint: "`millrace task dead` lists those that failed or died.",
      },
    );
  }
  await withWorkspace(cli, async (workspace) => {
    const { pool } = await workspace.control();
    const again: string[] = [];
    const by = whoAsks();
    const requeue = async (id: string): Promise<void> => {
      await requeueJob(pool, { id, by });
      again.push(id);
    };
    if (!all) for (const id of ids) await requeue((await getJob(pool, id)).id);
    else for (const task of ids.length === 0 ? [undefined] : ids) await requeueDead(task, requeue);
    cli.printer.result(again, () =>
      again.length === 0 ? "No jobs are dead." : again.map((id) => `Job ${id} is queued again`).join("\n"),
    );

    async function requeueDead(task: string | undefined, take: (id: string) => Promise<void>): Promise<void> {
      let before: string | undefined;
      for (;;) {
        const dead = await listJobs(pool, {
          dead: true,
          limit: PAGE,
          ...(task === undefined ? {} : { task }),
          ...(before === undefined ? {} : { before }),
        });
        for (const { id } of dead) await take(id);
        before = dead.at(-1)?.id;
        if (before === undefined) return;
      }
    }
  });
}
