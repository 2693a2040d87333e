import type { RunRecord } from "@millrace/platform";
import type { CommandSetup } from "../cli-context.ts";
import { positiveInteger } from "../arguments.ts";
import { formatCount, formatSeconds } from "../output/numbers.ts";
import { paintStatus, runTotals } from "../output/run-record.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { examples } from "../program.ts";
import { choosePipelines } from "../project/choose-pipelines.ts";
import { withWorkspace } from "../workspace/workspace.ts";

/** `millrace runs`: the latest runs. */
export const runs: CommandSetup = (command, cli) => {
  command
    .argument("[pipeline]", "only its runs")
    .option("--limit <count>", "at most so many", positiveInteger, 20)
    .option("--before <run>", "only runs older than this one: the next page")
    .addHelpText("after", examples(["runs", "runs quakes --limit 5 --json"]))
    .action(async (pipeline: string | undefined, flags: { limit: number; before?: string }) => {
      await withWorkspace(cli, async (workspace) => {
        const { runs: records } = await workspace.control();
        await records.reap();
        const before = flags.before === undefined ? undefined : (await records.get(flags.before)).id;
        const found = await records.list({
          limit: flags.limit,
          ...(pipeline === undefined ? {} : { pipeline }),
          ...(before === undefined ? {} : { before }),
        });
        // One that was taken out of the project may still have runs.
        if (pipeline !== undefined && found.length === 0)
          choosePipelines(await workspace.pipelines(), [pipeline]);
        cli.printer.result(found, () => forPeople(found, cli.printer.style));
      });
    });
};

function forPeople(found: readonly RunRecord[], style: Style): string {
  if (found.length === 0) return 'No runs yet. Start one with "millrace run <pipeline>".';
  return renderTable(
    [
      { title: "run" },
      { title: "pipeline" },
      { title: "started" },
      { title: "seconds", side: "right" },
      { title: "read", side: "right" },
      { title: "changed", side: "right" },
      { title: "rejected", side: "right" },
      { title: "status" },
    ],
    found.map((record) => {
      const totals = runTotals(record);
      return [
        record.id,
        clean(record.pipeline),
        timeText(record.startedAt),
        record.durationMs === null ? "" : formatSeconds(record.durationMs),
        formatCount(totals.read),
        formatCount(totals.inserted + totals.updated + totals.removed),
        formatCount(totals.rejected),
        paintStatus(record.status, style),
      ];
    }),
    { heading: style.dim },
  );
}
