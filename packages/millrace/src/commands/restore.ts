import { resolve } from "node:path";
import { restoreBackup, type RestoredBackup } from "@millrace/platform/backup";
import { manifestDocument, manifestLines } from "../backup/backup-lines.ts";
import { backupPlaces } from "../backup/backup-places.ts";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { confirm } from "../output/confirm.ts";
import { formatMany } from "../output/numbers.ts";
import type { Style } from "../output/style.ts";
import { clean } from "../output/text.ts";
import { examples } from "../program.ts";

interface Flags {
  readonly tables?: boolean;
  readonly replace?: boolean;
  readonly yes?: boolean;
}

/** `millrace restore`: puts a backup into the databases of a project. */
export const restore: CommandSetup = (command, cli) => {
  command
    .argument("<file>", "a backup")
    .option("--tables", "the tables of the default destination as well")
    .option("--replace", "delete what the databases hold")
    .option("--yes", "do not ask")
    .addHelpText(
      "after",
      `\nThe platform must not run. Each database changes in one transaction: what is interrupted leaves it as it was.\n${examples(["restore monday.tar", "restore all.tar --tables --replace"])}`,
    )
    .action((file: string, flags: Flags) => put(cli, file, flags));
};

async function put(cli: CliContext, file: string, flags: Flags): Promise<void> {
  const { place, controlUrl, destinationUrl } = await backupPlaces(cli);
  const { tables = false, replace = false, yes = false } = flags;
  if (replace) {
    const what = tables ? "control database and all tables of the destination" : "control database";
    await confirm(cli, `Replace the ${what} by what ${file} holds?`, yes);
  }
  const restored = await restoreBackup({
    path: resolve(cli.cwd, file),
    controlUrl,
    ...(tables ? { destinationUrl } : {}),
    project: place,
    replace,
  });
  const { manifest, files, missing } = restored;
  cli.printer.result({ files, missing, ...manifestDocument(manifest) }, () =>
    forPeople(restored, tables, cli.printer.style),
  );
}

function forPeople({ manifest, files, missing }: RestoredBackup, tables: boolean, style: Style): string {
  const lines = [
    `${style.green("✓")} Restored what was saved at ${manifest.createdAt}`,
    ...manifestLines(manifest),
  ];
  if (manifest.destination !== null && !tables) {
    lines.push(
      style.yellow(
        "The tables of the destination are in the backup and were left out: --tables restores them.",
      ),
    );
  }
  for (const { path, outcome } of files) lines.push(`${clean(path)}: ${FILE_TEXTS[outcome]}`);
  if (missing.length > 0) {
    const some = missing.slice(0, 5).map(({ path }) => clean(path));
    lines.push(
      style.yellow(
        `${formatMany(missing.length, "file")} of the data folder differ or are missing: ${some.join(", ")}${missing.length > 5 ? ", …" : ""}`,
      ),
    );
  }
  lines.push(
    "",
    "Pipelines go on where their destinations say. Runs that were under way are ended as died when a worker starts.",
  );
  return lines.join("\n");
}

const FILE_TEXTS = {
  restored: "restored",
  same: "is the same already",
  replaced: "replaced; what was there is beside it as .before-restore",
  kept: "differs from the backup's and stays as it is",
} as const;
