import { queueStatus } from "@millrace/orchestrator";
import type { CommandSetup } from "../cli-context.ts";
import { formatCount, formatSeconds } from "../output/numbers.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { examples } from "../program.ts";
import { withWorkspace } from "../workspace/workspace.ts";

/** `millrace queues`: what waits, and who takes it. */
export const queues: CommandSetup = (command, cli) => {
  command.addHelpText("after", examples(["queues", "queues --json"])).action(async () => {
    await withWorkspace(cli, async (workspace) => {
      const found = await queueStatus((await workspace.control()).pool);
      const { style } = cli.printer;
      cli.printer.result(found, () =>
        found.length === 0
          ? "No queues yet: no pipeline is registered, and no worker runs."
          : renderTable(
              [
                { title: "queue" },
                { title: "waiting", side: "right" },
                { title: "ready", side: "right" },
                { title: "running", side: "right" },
                { title: "slots", side: "right" },
                { title: "workers", side: "right" },
                { title: "longest wait, s", side: "right" },
              ],
              found.map((each) => [
                clean(each.name),
                formatCount(each.queued),
                formatCount(each.ready),
                formatCount(each.running),
                formatCount(each.slots),
                each.workers === 0 ? style.yellow("none") : formatCount(each.workers),
                each.longestWaitMs === null ? "" : formatSeconds(each.longestWaitMs),
              ]),
              { heading: style.dim },
            ),
      );
    });
  });
};
