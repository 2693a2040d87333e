import type { VerifyResult } from "@millrace/core";
import type { CommandSetup } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { formatMany } from "../output/numbers.ts";
import type { Style } from "../output/style.ts";
import { clean } from "../output/text.ts";
import { valueText } from "../output/value-text.ts";
import { examples } from "../program.ts";
import { withTable } from "../workspace/inspect.ts";
import { withWorkspace } from "../workspace/workspace.ts";

/** `millrace verify`: reads a table back and hashes every row again. */
export const verify: CommandSetup = (command, cli) => {
  command
    .argument("<table>", "a table that a pipeline merges into")
    .addHelpText("after", examples(["verify airports", "verify airports --json"]))
    .action(async (name: string) => {
      await withWorkspace(cli, async (workspace) => {
        const { pipelines } = await workspace.pipelines();
        const places = {
          pipelines: pipelines.map((entry) => entry.pipeline),
          environment: workspace.environment,
        };
        const result = await withTable(places, name, ({ inspector, table }) => inspector.verify(table));
        cli.printer.result(result, () => forPeople(result, cli.printer.style));
        if (result.different > 0) cli.exit(EXIT.failed);
      });
    });
};

function forPeople(result: VerifyResult, style: Style): string {
  const table = clean(result.table);
  if (result.different === 0) {
    return `${style.green("✓")} ${table}: ${formatMany(result.rows, "row")}, each as Millrace wrote it`;
  }
  return [
    `${style.red("✗")} ${table}: ${formatMany(result.different, "row")} of ${formatMany(result.rows, "row")} ${result.different === 1 ? "was" : "were"} changed by others`,
    ...result.examples.map(({ key, fields }) => {
      const where = fields === null ? "" : `: ${clean(fields.join(", "))}`;
      return `  ${valueText(key, 100)}${where}`;
    }),
    "  A run with --full writes them as the source has them.",
  ].join("\n");
}
