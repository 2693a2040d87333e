import type { FunctionSummary } from "@millrace/platform";
import { durationMs, positiveInteger } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { functionTable } from "../output/function-lines.ts";
import type { Style } from "../output/style.ts";
import { clean } from "../output/text.ts";
import { formatCount } from "../output/numbers.ts";
import { examples } from "../program.ts";
import { withWorkspace } from "../workspace/workspace.ts";

interface Flags {
  readonly pipeline?: string;
  readonly since: number;
  readonly limit: number;
}

const WEEK_MS = 7 * 86_400_000;

/** `millrace functions`: where the time of runs goes. */
export const functions: CommandSetup = (command, cli) => {
  command
    .option("--pipeline <name>", "only the functions of this pipeline")
    .option(
      "--since <duration>",
      "only calls of this long ago at most, such as 12h (default: 7d)",
      durationMs,
      WEEK_MS,
    )
    .option("--limit <count>", "at most so many", positiveInteger, 50)
    .addHelpText(
      "after",
      examples(["functions", "functions --pipeline quakes --since 1d", "functions --json"]),
    )
    .action(async ({ pipeline, since, limit }: Flags) => {
      await withWorkspace(cli, async (workspace) => {
        const { facts } = await workspace.control();
        const found = await facts.functions({
          limit,
          since: new Date(Date.now() - since),
          ...(pipeline === undefined ? {} : { pipeline }),
        });
        cli.printer.result(found, () => forPeople(found, cli.printer.style));
      });
    });
};

function forPeople(found: readonly FunctionSummary[], style: Style): string {
  if (found.length === 0)
    return 'No watched function was called. Watch one with watch("name", fn) in a pipeline.';
  return functionTable(found, style, {
    titles: ["pipeline", "runs"],
    cells: ({ pipeline, runs }) => [clean(pipeline), formatCount(runs)],
  });
}
