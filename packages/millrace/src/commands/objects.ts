import type { ObjectUse } from "@millrace/platform";
import { positiveInteger } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { formatCount } from "../output/numbers.ts";
import { objectName } from "../output/object-lines.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { truncate } from "../output/width.ts";
import { examples } from "../program.ts";
import { withWorkspace } from "../workspace/workspace.ts";

interface Flags {
  readonly pipeline?: string;
  readonly limit: number;
}

/** `millrace objects`: which pipelines touch which tables, views and procedures. */
export const objects: CommandSetup = (command, cli) => {
  command
    .argument("[name]", "a table, view or procedure, with its schema or without; without one, all")
    .option("--pipeline <name>", "only what this pipeline touches")
    .option("--limit <count>", "at most so many", positiveInteger, 200)
    .addHelpText(
      "after",
      examples(["objects orders", "objects sales.orders --json", "objects --pipeline quakes"]),
    )
    .action(async (name: string | undefined, { pipeline, limit }: Flags) => {
      await withWorkspace(cli, async (workspace) => {
        const { facts } = await workspace.control();
        const found = await facts.objects({
          limit,
          ...(name === undefined ? {} : { name }),
          ...(pipeline === undefined ? {} : { pipeline }),
        });
        cli.printer.result(found, () => forPeople(found, name, cli.printer.style));
      });
    });
};

function forPeople(found: readonly ObjectUse[], name: string | undefined, style: Style): string {
  if (found.length === 0)
    return name === undefined ? "No run has touched anything yet." : `No run has touched ${clean(name)} yet.`;
  return renderTable(
    [
      { title: "name" },
      { title: "kind" },
      { title: "use" },
      { title: "pipeline" },
      { title: "database" },
      { title: "runs", side: "right" },
      { title: "last" },
    ],
    found.map((each) => [
      objectName(each),
      each.kind,
      each.use === "unknown" ? style.yellow("could not be read") : each.use,
      clean(each.pipeline),
      truncate(clean(each.database), 50),
      formatCount(each.runs),
      timeText(each.lastAt),
    ]),
    { heading: style.dim },
  );
}
