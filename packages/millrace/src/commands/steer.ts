import {
  type CommandKind,
  type CommandReceipt,
  commandOutcome,
  giveCommand,
  settleCommands,
} from "@millrace/orchestrator";
import type { ControlStore } from "@millrace/platform";
import type { CommandSetup } from "../cli-context.ts";
import { examples } from "../program.ts";
import { whoAsks } from "../workspace/who-asks.ts";
import { withWorkspace } from "../workspace/workspace.ts";

/** What each command does, for its help and its answer. */
const KINDS: Readonly<
  Record<Exclude<CommandKind, "start">, { readonly takesRun: boolean; readonly done: string }>
> = {
  stop: { takesRun: true, done: "stopped" },
  cancel: { takesRun: true, done: "cancelled" },
  pause: { takesRun: false, done: "paused: nothing of it is started until it is resumed" },
  resume: { takesRun: false, done: "resumed" },
  restart: { takesRun: false, done: "queued again" },
  enable: { takesRun: false, done: "enabled" },
  disable: { takesRun: false, done: "disabled: its schedule and its parents start it no more" },
};

/** Time between looks at whether a run has ended, and how long that is waited for, in milliseconds. */
const LOOK_MS = 150;
const WAIT_MS = 60_000;

/** `millrace stop | cancel | pause | resume | restart | enable | disable`. */
export function steer(kind: keyof typeof KINDS): CommandSetup {
  return (command, cli) => {
    const { takesRun, done } = KINDS[kind];
    command
      .argument("<target>", takesRun ? "a pipeline, or the id of a run" : "a pipeline")
      .option("--no-wait", "do not wait until a run that goes on has ended")
      .addHelpText("after", examples([`${kind} prices`]))
      .action(async (target: string, flags: { wait: boolean }) => {
        await withWorkspace(cli, async (workspace) => {
          const control = await workspace.control();
          const receipt = await giveCommand(control.pool, {
            kind,
            target: await wholeId(control, target),
            by: whoAsks(),
          });
          const runs = flags.wait && !receipt.done ? await ended(control, receipt) : [];
          cli.printer.result({ ...receipt, kind, outcome: runs }, () => answer(receipt, done, runs));
        });
      });
  };
}

/** The whole id where the first digits of a run's were given; what is not such stays. */
async function wholeId(control: ControlStore, target: string): Promise<string> {
  if (!/^[\da-f]{8}[\da-f-]*$/i.test(target)) return target;
  return (await control.runs.get(target)).id;
}

async function ended(
  control: ControlStore,
  { runs }: CommandReceipt,
): Promise<readonly { readonly id: string; readonly status: string }[]> {
  const until = performance.now() + WAIT_MS;
  for (;;) {
    const now = await commandOutcome(control.pool, runs);
    if (now.every(({ status }) => status !== "running") || performance.now() > until) {
      await settleCommands(control.pool);
      return now;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function answer(
  receipt: CommandReceipt,
  done: string,
  runs: readonly { readonly id: string; readonly status: string }[],
): string {
  const lines = [`${receipt.pipeline}: ${done}`];
  for (const { id, status } of runs) {
    lines.push(status === "running" ? `run ${id} goes on until its next commit` : `run ${id} ${status}`);
  }
  return lines.join("\n");
}
