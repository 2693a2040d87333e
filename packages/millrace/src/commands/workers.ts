import { workerStatus } from "@millrace/orchestrator";
import type { CommandSetup } from "../cli-context.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { examples } from "../program.ts";
import { withWorkspace } from "../workspace/workspace.ts";

/** `millrace workers`: the processes that carry out runs. */
export const workers: CommandSetup = (command, cli) => {
  command.addHelpText("after", examples(["workers", "workers --json"])).action(async () => {
    await withWorkspace(cli, async (workspace) => {
      const found = await workerStatus((await workspace.control()).pool);
      const { style } = cli.printer;
      cli.printer.result(found, () =>
        found.length === 0
          ? "No worker runs. `millrace up` or `millrace worker` starts one."
          : renderTable(
              [
                { title: "host" },
                { title: "process", side: "right" },
                { title: "running", side: "right" },
                { title: "slots", side: "right" },
                { title: "queues" },
                { title: "labels" },
                { title: "since" },
                { title: "state" },
              ],
              found.map((each) => [
                clean(each.host),
                String(each.pid),
                String(each.running),
                String(each.slots),
                clean(each.queues.join(", ")),
                clean(each.labels.join(", ")),
                timeText(each.startedAt),
                !each.alive
                  ? style.red("lost")
                  : each.draining
                    ? style.yellow("draining")
                    : style.green("alive"),
              ]),
              { heading: style.dim },
            ),
      );
    });
  });
};
