import { resolve } from "node:path";
import { createBackup, verifyBackup } from "@millrace/platform/backup";
import { manifestDocument, manifestLines } from "../backup/backup-lines.ts";
import { backupPlaces } from "../backup/backup-places.ts";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { formatBytes, formatMany } from "../output/numbers.ts";
import { clean } from "../output/text.ts";
import { addCommonOptions, examples } from "../program.ts";
import { version } from "../version.ts";

interface Flags {
  readonly tables?: boolean;
  readonly overwrite?: boolean;
}

/** `millrace backup`: saves the control database and what the project keeps besides. */
export const backup: CommandSetup = (command, cli) => {
  command
    .argument("<file>", "the file that is made, such as /backups/monday.tar")
    .option("--tables", "the tables of the default destination as well")
    .option("--overwrite", "replace the file, if it is there")
    .addHelpText(
      "after",
      `\nThe platform may run meanwhile. Stored secrets stay encrypted: without the master password, which is not in the file,\nthey are lost.\n${examples(["backup monday.tar", "backup all.tar --tables", "backup verify monday.tar"])}`,
    )
    .action((file: string, flags: Flags) => save(cli, file, flags));
  const verify = command
    .command("verify")
    .argument("<file>", "a backup")
    .description("Restore a backup into a PostgreSQL that is thrown away, and compare every table.")
    .addHelpText("after", examples(["backup verify monday.tar"]))
    .action((file: string) => check(cli, file));
  addCommonOptions(verify, cli.setStart);
};

async function save(cli: CliContext, file: string, flags: Flags): Promise<void> {
  const { project, place, controlUrl, destinationUrl } = await backupPlaces(cli);
  const created = await createBackup({
    path: resolve(cli.cwd, file),
    replace: flags.overwrite === true,
    controlUrl,
    ...(flags.tables === true ? { destinationUrl } : {}),
    project: place,
    variables: namesOf(project.variables, Object.keys(project.settings.dotenv)),
    version: version(),
  });
  cli.printer.result(
    { path: created.path, bytes: created.bytes, ...manifestDocument(created.manifest) },
    () =>
      [
        `${cli.printer.style.green("✓")} ${clean(created.path)} (${formatBytes(created.bytes)})`,
        ...manifestLines(created.manifest),
        "",
        `What was committed before the moment that is named is in it, and nothing later.`,
        `Stored secrets are encrypted in it. Keep the master password elsewhere.`,
      ].join("\n"),
  );
}

/** Whoever restores has to give them anew. */
function namesOf(
  variables: Readonly<Record<string, string | undefined>>,
  dotenv: readonly string[],
): readonly string[] {
  const own = Object.keys(variables).filter((name) => name.startsWith("MILLRACE_"));
  return [...new Set([...own, ...dotenv])].toSorted();
}

async function check(cli: CliContext, file: string): Promise<void> {
  const path = resolve(cli.cwd, file);
  const { manifest, tables, rows, wrong } = await verifyBackup(path);
  cli.printer.result(
    { path, whole: wrong.length === 0, tables, rows, wrong, ...manifestDocument(manifest) },
    () =>
      wrong.length === 0
        ? [
            `${cli.printer.style.green("✓")} ${clean(path)} was restored into a database of its own: ${formatMany(tables, "table")} with ${formatMany(rows, "row")} are what they were.`,
            ...manifestLines(manifest),
          ].join("\n")
        : wrong
            .map((each) => `${each.table}: ${each.rows} rows instead of ${each.expectedRows}, or others`)
            .join("\n"),
  );
  if (wrong.length > 0) cli.exit(EXIT.failed);
}
