import type { Command } from "commander";
import { positiveInteger } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { addCommonOptions, examples } from "../program.ts";
import { holdObjects, listOrphans, pruneStorage, verifyStorage } from "../storage/keep-storage.ts";
import { listStorage, type ListFlags, measureStorage } from "../storage/list-storage.ts";

/** `millrace storage`: the objects that the project keeps. */
export const storage: CommandSetup = (command, cli) => {
  command.addHelpText(
    "after",
    examples(["storage ls", "storage du", "storage verify", "storage prune --dry-run"]),
  );
  const add = (name: string, summary: string, lines: readonly string[]): Command => {
    const sub = command.command(name).description(summary).addHelpText("after", examples(lines));
    addCommonOptions(sub, cli.setStart);
    return sub;
  };
  add("ls", "List objects, the newest first.", [
    "storage ls",
    "storage ls invoices/ --kind document --limit 10",
  ])
    .argument("[prefix]", "what their keys begin with", "")
    .option("--kind <kind>", "only of this kind")
    .option("--run <id>", "only those that this run has put")
    .option("--document <id>", "only those of this document")
    .option("--limit <count>", "at most so many", positiveInteger, 50)
    .action((prefix: string, flags: ListFlags) => listStorage(cli, prefix, flags));
  add("du", "Tell how much is stored, of each kind.", ["storage du --json"]).action(() =>
    measureStorage(cli),
  );
  add("verify", "Read every content and compare its checksum.", [
    "storage verify",
    "storage verify invoices/",
  ])
    .argument("[prefix]", "what the keys begin with", "")
    .action((prefix: string) => verifyStorage(cli, prefix));
  add("prune", "Remove what the retention says, and compress what is cold.", [
    "storage prune --dry-run",
    "storage prune --yes",
  ])
    .option("--dry-run", "only tell what would be removed")
    .option("--yes", "do not ask")
    .action((flags: { dryRun?: boolean; yes?: boolean }) => pruneStorage(cli, flags));
  add("orphans", "List files that belong to no object.", ["storage orphans"]).action(() => listOrphans(cli));
  add("hold", "Keep objects whatever the retention says, or list what is held.", [
    "storage hold",
    'storage hold invoices/2026/ --reason "claim 4711"',
    "storage hold invoices/2026/ --release",
  ])
    .argument("[prefix]", "what their keys begin with")
    .option("--reason <text>", "why they are held")
    .option("--release", "end the hold")
    .action((prefix: string | undefined, flags: { reason?: string; release?: boolean }) =>
      holdObjects(cli, prefix, flags),
    );
};
