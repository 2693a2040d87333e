import { MillraceError, type RowVersion } from "@millrace/core";
import { keyValue } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import type { Style } from "../output/style.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { valueText } from "../output/value-text.ts";
import { examples } from "../program.ts";
import { withTable } from "../workspace/inspect.ts";
import { withWorkspace } from "../workspace/workspace.ts";

/** `millrace history`: every version of one row. */
export const history: CommandSetup = (command, cli) => {
  command
    .argument("<table>", "a table that a pipeline merges into")
    .option("--key <column=value>", "the row's key; repeated for a key of several columns", keyValue)
    .addHelpText(
      "after",
      examples([
        "history earthquakes --key id=ci37868143",
        "history prices --key shop=7 --key item=42 --json",
      ]),
    )
    .action(async (name: string, flags: { key?: Readonly<Record<string, string>> }) => {
      const { key } = flags;
      if (key === undefined) {
        throw new MillraceError("MLR_ARGUMENT_INVALID", "The key of a row is missing", {
          hint: `Such as: millrace history ${name} --key id=1`,
        });
      }
      await withWorkspace(cli, async (workspace) => {
        const { pipelines } = await workspace.pipelines();
        const places = {
          pipelines: pipelines.map((entry) => entry.pipeline),
          environment: workspace.environment,
        };
        await withTable(places, name, async ({ inspector, table }) => {
          const versions = await inspector.history(table, key);
          if (versions.length === 0) {
            const row = Object.entries(key).map(([column, value]) => `${column}=${value}`);
            throw new MillraceError(
              "MLR_TABLE_NOT_FOUND",
              `${table} has and had no row with ${row.join(" and ")}`,
              {
                hint: "Keys are compared with the values as they are stored.",
                details: { table, key },
              },
            );
          }
          cli.printer.result({ table, key, versions }, () => forPeople(versions, cli.printer.style));
        });
      });
    });
};

function forPeople(versions: readonly RowVersion[], style: Style): string {
  return versions
    .map((version, index) => {
      const newer = versions[index - 1];
      const sign = version.operation === "current" ? style.green("current") : ENDED[version.operation](style);
      const span = `${timeText(version.from) || "?"} – ${timeText(version.to) || "now"}`;
      const run = version.run === null ? "" : style.dim(`  run ${version.run}`);
      const lines = Object.entries(version.values).map(([column, value]) => {
        const changed = newer !== undefined && version.changed.includes(column);
        const text = `  ${clean(column)}: ${valueText(value)}`;
        return changed ? style.yellow(`${text} → ${valueText(newer.values[column])}`) : text;
      });
      return [`${sign}  ${span}${run}`, ...lines].join("\n");
    })
    .join("\n\n");
}

const ENDED = {
  update: (style: Style): string => style.yellow("updated"),
  remove: (style: Style): string => style.red("removed"),
} as const;
