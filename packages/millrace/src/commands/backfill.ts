import { keyValue, positiveInteger } from "../arguments.ts";
import { cancelByHand, type BackfillFlags, runBackfill, showBackfills } from "../backfill/run-backfill.ts";
import type { CommandSetup } from "../cli-context.ts";
import { addCommonOptions, examples } from "../program.ts";

/** `millrace backfill`: runs of many partitions of one pipeline. */
export const backfill: CommandSetup = (command, cli) => {
  command
    .argument("<pipeline>", "its name")
    .option("--from <time>", "beginning of the range, such as 2026-01-01 or 2026-01")
    .option("--to <time>", "its end, which is not part of it")
    .option("--by <unit>", "what it is cut into: hour, day, week, month or year", "day")
    .option("--time-zone <zone>", "where days begin, such as Europe/Berlin", "UTC")
    .option("--partitions <names>", "partitions by name instead of a range, with commas between them")
    .option("--parallel <count>", "partitions at the same time", positiveInteger, 1)
    .option("--param <name=value>", "set a parameter of the pipeline; may be repeated", keyValue)
    .option("--again", "also partitions that have succeeded before, from their beginning")
    .option("--dry-run", "only tell which partitions there are and which have succeeded")
    .option("--no-wait", "do not wait for its end")
    .addHelpText(
      "after",
      examples([
        "backfill prices --from 2026-01-01 --to 2026-03-01 --parallel 4",
        "backfill prices --from 2026-01 --to 2027-01 --by month --dry-run",
        "backfill prices --partitions berlin,hamburg --no-wait",
        "backfill status",
        "backfill cancel prices",
      ]),
    )
    .action((pipeline: string, flags: BackfillFlags) => runBackfill(cli, pipeline, flags));
  const status = command
    .command("status")
    .description("List backfills, or show each partition of one.")
    .argument("[backfill]", "its id, its first digits, or the name of its pipeline")
    .addHelpText("after", examples(["backfill status", "backfill status prices --json"]))
    .action((id: string | undefined) => showBackfills(cli, id));
  addCommonOptions(status, cli.setStart);
  const cancel = command
    .command("cancel")
    .description("End a backfill; what has been committed stays.")
    .argument("<backfill>", "its id, its first digits, or the name of its pipeline")
    .addHelpText("after", examples(["backfill cancel prices"]))
    .action((id: string) => cancelByHand(cli, id));
  addCommonOptions(cancel, cli.setStart);
};
