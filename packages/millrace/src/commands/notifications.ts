import { listNotifications, type NotificationRecord } from "@millrace/platform";
import { positiveInteger } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { examples } from "../program.ts";
import { withWorkspace } from "../workspace/workspace.ts";

interface Flags {
  readonly failed?: boolean;
  readonly channel?: string;
  readonly limit: number;
}

/** `millrace notifications`: the latest messages, and what came of them. */
export const notifications: CommandSetup = (command, cli) => {
  command
    .argument("[pipeline]", "only messages about it alone")
    .option("--failed", "only those that were given up, or have failed so far")
    .option("--channel <name>", "only those of this channel")
    .option("--limit <count>", "at most so many", positiveInteger, 20)
    .addHelpText(
      "after",
      examples(["notifications", "notifications --failed", "notifications quakes --json"]),
    )
    .action(async (pipeline: string | undefined, { failed = false, channel, limit }: Flags) => {
      await withWorkspace(cli, async (workspace) => {
        const { pool } = await workspace.control();
        const found = await listNotifications(pool, {
          failed,
          limit,
          ...(channel === undefined ? {} : { channel }),
          ...(pipeline === undefined ? {} : { pipeline }),
        });
        cli.printer.result(found, () => forPeople(found, { failed, style: cli.printer.style }));
      });
    });
};

function forPeople(
  found: readonly NotificationRecord[],
  { failed, style }: { readonly failed: boolean; readonly style: Style },
): string {
  if (found.length === 0) return failed ? "None has failed." : "No messages yet.";
  const table = renderTable(
    [
      { title: "created" },
      { title: "channel" },
      { title: "kind" },
      { title: "message" },
      { title: "tries", side: "right" },
      { title: "status" },
    ],
    found.map((record) => [
      timeText(record.createdAt),
      clean(record.channel),
      record.kind,
      short(clean(record.title)),
      String(record.attempts),
      paint(record, style),
    ]),
    { heading: style.dim },
  );
  const errors = found
    .filter(({ lastError, status }) => lastError !== null && status !== "sent")
    .map(
      ({ channel, createdAt, lastError }) =>
        `${timeText(createdAt)} ${clean(channel)}: ${clean(lastError ?? "")}`,
    );
  return errors.length === 0 ? table : `${table}\n\n${errors.join("\n")}`;
}

function short(title: string): string {
  return title.length > 60 ? `${title.slice(0, 59)}…` : title;
}

function paint({ status, nextAt, lastError }: NotificationRecord, style: Style): string {
  if (status === "failed") return style.red("failed");
  if (status === "queued" && lastError !== null) return style.yellow(`again at ${timeText(nextAt)}`);
  return status;
}
