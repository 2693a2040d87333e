import type { PipelineState } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type { CommandSetup } from "../cli-context.ts";
import { confirm } from "../output/confirm.ts";
import type { Style } from "../output/style.ts";
import { clean } from "../output/text.ts";
import { valueText } from "../output/value-text.ts";
import { examples } from "../program.ts";
import { choosePipelines } from "../project/choose-pipelines.ts";
import { withInspector } from "../workspace/inspect.ts";
import { withWorkspace } from "../workspace/workspace.ts";

/** `millrace state`: the checkpoints that a pipeline goes on from. */
export const state: CommandSetup = (command, cli) => {
  command
    .argument("<pipeline>", "its name")
    .option("--reset", "forget the checkpoints: the next run reads everything again; rows and history stay")
    .option("--yes", "do not ask before the reset")
    .addHelpText("after", examples(["state quakes", "state quakes --reset --yes"]))
    .action(async (name: string, flags: { reset?: boolean; yes?: boolean }) => {
      await withWorkspace(cli, async (workspace) => {
        const [pipeline] = choosePipelines(await workspace.pipelines(), [name]);
        if (pipeline === undefined) return;
        await withInspector(pipeline, workspace.environment, async (inspector) => {
          const known = await inspector.state(name);
          if (flags.reset === true && known !== undefined) {
            const question = `Forget where pipeline "${name}" goes on?`;
            await confirm(cli, question, flags.yes === true);
            // A run that goes on would write its own checkpoints over the reset.
            const lease = await (await workspace.control()).acquireLease(name, { run: newRunId() });
            try {
              await inspector.resetState(name);
            } finally {
              await lease.release();
            }
          }
          const now = flags.reset === true ? await inspector.state(name) : known;
          cli.printer.result({ pipeline: name, reset: flags.reset === true, state: now ?? null }, () =>
            forPeople(name, now, flags.reset === true, cli.printer.style),
          );
        });
      });
    });
};

function forPeople(name: string, known: PipelineState | undefined, reset: boolean, style: Style): string {
  if (known === undefined) return `Pipeline "${name}" has not committed anything yet.`;
  const slices = [...known.checkpoints];
  return [
    ...(reset ? [`${style.green("✓")} The next run of "${name}" reads everything again.`] : []),
    `${style.dim("last commit  ")}${known.lastCommit} of run ${known.run ?? "?"} (${known.finished ? "finished" : "not finished: the next run goes on from it"})`,
    `${style.dim("attempt      ")}${known.attempt}`,
    `${style.dim("checkpoints  ")}${slices.length === 0 ? "none" : ""}`,
    ...slices.map(([slice, position]) => `  ${clean(slice)}: ${valueText(position, 100)}`),
    ...known.openEpochs.map(
      (epoch) =>
        `${style.dim("open reading ")}${clean(epoch.stream)}${epoch.scope === undefined ? "" : ` ${valueText(epoch.scope)}`}${epoch.taints.length === 0 ? "" : ` (removes nothing: ${clean(epoch.taints.join("; "))})`}`,
    ),
  ].join("\n");
}
