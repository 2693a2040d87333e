import {
  checkUpgrade,
  embeddedMajor,
  type EmbeddedMajor,
  type UpgradeCheck,
} from "@millrace/platform/backup";
import { backupPlaces } from "../backup/backup-places.ts";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { formatMany } from "../output/numbers.ts";
import type { Style } from "../output/style.ts";
import { addCommonOptions, examples } from "../program.ts";
import { openProject } from "../project/open-project.ts";
import { version } from "../version.ts";
import { embeddedFolder } from "../workspace/workspace.ts";

/** `millrace upgrade check`: what this version would change in the databases that the one before has made. */
export const upgrade: CommandSetup = (command, cli) => {
  command.addHelpText("after", examples(["upgrade check"]));
  const sub = command
    .command("check")
    .description("Try the migrations in a transaction that is undone, and compare versions. Changes nothing.")
    .addHelpText("after", examples(["upgrade check", "upgrade check --json"]))
    .action(() => check(cli));
  addCommonOptions(sub, cli.setStart);
};

async function check(cli: CliContext): Promise<void> {
  const project = await openProject(cli.project());
  const { databaseUrl } = project.settings.values;
  const embedded = databaseUrl === undefined ? await embeddedMajor(embeddedFolder(project)) : undefined;
  const fits = embedded?.data === undefined || embedded.data === embedded.programs;
  // A server of another version cannot be started: what can be told without it is told.
  const found = fits ? await checkUpgrade((await backupPlaces(cli)).controlUrl) : undefined;
  cli.printer.result({ version: version(), embedded: embedded ?? null, ...found }, () =>
    forPeople(found, embedded, cli.printer.style),
  );
  if (found === undefined || found.busy !== undefined) cli.exit(EXIT.failed);
}

function forPeople(
  found: UpgradeCheck | undefined,
  embedded: EmbeddedMajor | undefined,
  style: Style,
): string {
  if (found === undefined) {
    return [
      style.red(
        `The embedded database was made by PostgreSQL ${embedded?.data}; this version brings ${embedded?.programs}.`,
      ),
      'With the version before:  millrace backup all.tar --tables, and "millrace backup verify all.tar"',
      "Then move the folder of the embedded database away, and with this version:  millrace restore all.tar --tables",
    ].join("\n");
  }
  const { pending, applied, tried, busy, server, workers } = found;
  const lines = [
    `Millrace ${version()}, control database on PostgreSQL ${server} with ${formatMany(applied, "migration")}`,
  ];
  if (pending.length === 0) lines.push(`${style.green("✓")} Nothing is to be migrated.`);
  else lines.push(`${formatMany(pending.length, "migration")} to apply: ${pending.join(", ")}`);
  if (tried)
    lines.push(
      `${style.green("✓")} They were tried and undone. The first start applies them; make a backup before.`,
    );
  if (busy !== undefined)
    lines.push(
      style.yellow(
        `They could not be tried, because tables are in use (${busy}). Try again, or stop the platform.`,
      ),
    );
  const others = workers.filter((worker) => worker.alive && worker.version !== version());
  for (const { host, pid, version: theirs } of others) {
    lines.push(
      style.yellow(
        `The worker ${pid} on ${host} runs ${theirs}: restart it with this version after the upgrade.`,
      ),
    );
  }
  return lines.join("\n");
}
