import { MillraceError, nearest } from "@millrace/core";
import { PRUNABLE_TABLES, pruneControl, type PrunedTable, retentionOf } from "@millrace/platform";
import { durationMs, positiveInteger } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { errorBlock } from "../output/error-block.ts";
import { formatCount, formatMany } from "../output/numbers.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { examples } from "../program.ts";
import { withWorkspace } from "../workspace/workspace.ts";

interface Flags {
  readonly olderThan?: number;
  readonly keep?: number;
  readonly keepRows?: number;
  readonly dryRun?: boolean;
}

/** `millrace prune`: deletes old records from the control database. */
export const prune: CommandSetup = (command, cli) => {
  command
    .argument("[tables...]", `only these: ${PRUNABLE_TABLES.join(", ")}`)
    .option(
      "--older-than <duration>",
      "what is older, such as 30d or 12h (default: the setting keepDays)",
      durationMs,
    )
    .option(
      "--keep <count>",
      "runs of each pipeline that stay, and results of each quality rule (default: the setting keepRuns)",
      positiveInteger,
    )
    .option(
      "--keep-rows <count>",
      "log lines, events, messages and commands that stay, of each so many (default: the setting keepRows)",
      positiveInteger,
    )
    .option("--dry-run", "only count what would be deleted")
    .addHelpText(
      "after",
      examples(["prune --dry-run", "prune --older-than 7d --keep 100", "prune logs events --older-than 12h"]),
    )
    .action(async (tables: readonly string[], flags: Flags) => {
      for (const table of tables) checkTable(table);
      await withWorkspace(cli, async (workspace) => {
        const { pool } = await workspace.control();
        const now = Date.now();
        const { olderThan, keep, keepRows, dryRun = false } = flags;
        const pruned = await pruneControl(pool, {
          ...retentionOf(workspace.project.settings.values, now),
          ...(olderThan === undefined ? {} : { olderThan: new Date(now - olderThan) }),
          // Who did what is kept by its own setting, unless it is asked for by name.
          ...(olderThan !== undefined && tables.includes("audit")
            ? { auditOlderThan: new Date(now - olderThan) }
            : {}),
          ...(keep === undefined ? {} : { keep }),
          ...(keepRows === undefined ? {} : { keepRows }),
          ...(tables.length === 0 ? {} : { tables }),
          dryRun,
        });
        const plain = pruned.map(({ error, ...each }) =>
          error === undefined ? each : { ...each, error: error.toJSON() },
        );
        cli.printer.result({ dryRun, tables: plain }, () => forPeople(pruned, dryRun, cli.printer.style));
        if (pruned.some(({ error }) => error !== undefined)) cli.exit(EXIT.failed);
      });
    });
};

function checkTable(name: string): void {
  if (PRUNABLE_TABLES.includes(name)) return;
  const guess = nearest(name, PRUNABLE_TABLES);
  throw new MillraceError("MLR_ARGUMENT_INVALID", `There is no table "${name}" to prune`, {
    hint: guess === undefined ? `There are: ${PRUNABLE_TABLES.join(", ")}.` : `Did you mean "${guess}"?`,
  });
}

function forPeople(pruned: readonly PrunedTable[], dryRun: boolean, style: Style): string {
  const table = renderTable(
    [{ title: "table" }, { title: dryRun ? "would be deleted" : "deleted", side: "right" }],
    pruned.map(({ table: name, rows, days = [], error }) => [
      name,
      error === undefined
        ? days.length === 0
          ? formatCount(rows)
          : `${formatMany(days.length, "day")} and ${formatMany(rows, "line")}`
        : style.red("failed"),
    ]),
    { heading: style.dim },
  );
  const errors = pruned.flatMap(({ error }) =>
    error === undefined ? [] : [errorBlock(error.toJSON(), style)],
  );
  return [table, ...errors].join("\n\n");
}
