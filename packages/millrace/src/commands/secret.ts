import type { Command } from "commander";
import type { CommandSetup } from "../cli-context.ts";
import { addCommonOptions, examples } from "../program.ts";
import { importSecrets } from "../secret/import-secrets.ts";
import { rotateSecrets, type RotateFlags } from "../secret/rotate-secrets.ts";
import { setSecret } from "../secret/set-secret.ts";
import { getSecret, listSecrets, removeSecret } from "../secret/show-secrets.ts";

const NAME = 'its name, as in secret("name")';

/** `millrace secret`: passwords, tokens and keys, kept encrypted and apart from the code. */
export const secret: CommandSetup = (command, cli) => {
  command.addHelpText(
    "after",
    `${examples(["secret set shop-password", "secret list", "secret import prod.env", "secret rotate"])}\n  printf %s "$TOKEN" | millrace secret set api-token`,
  );
  const add = (name: string, summary: string, lines: readonly string[]): Command => {
    const sub = command.command(name).description(summary).addHelpText("after", examples(lines));
    addCommonOptions(sub, cli.setStart);
    return sub;
  };
  add("set", "Store a secret: its value is asked for, or read from standard input.", [
    "secret set shop-password",
    "secret set tls-key < key.pem",
  ])
    .argument("<name>", NAME)
    // So that a value that is given here is refused without being printed.
    .usage("[options] <name>")
    .allowExcessArguments()
    .allowUnknownOption()
    .action((_name: string, _flags: object, sub: Command) => setSecret(cli, sub.args));
  add("get", "Tell where a secret comes from, and with --reveal its value.", [
    "secret get shop-password",
    "secret get shop-password --reveal",
  ])
    .argument("<name>", NAME)
    .option("--reveal", "print the value")
    .action((name: string, flags: { reveal?: boolean }) => getSecret(cli, name, flags.reveal === true));
  add("list", "List the names of secrets, with versions and dates; never values.", [
    "secret list --json",
  ]).action(() => listSecrets(cli));
  add("rm", "Delete a secret.", ["secret rm shop-password", "secret rm shop-password --yes"])
    .argument("<name>", NAME)
    .option("--yes", "do not ask")
    .action((name: string, flags: { yes?: boolean }) => removeSecret(cli, name, flags.yes === true));
  add("rotate", "Make a new data key and encrypt all secrets by it, while they are used.", [
    "secret rotate",
    "secret rotate --master",
    "secret rotate --master --new-password-file next.txt",
  ])
    .option("--master", "change the master password instead")
    .option("--new-password-file <file>", "read the new master password from a file")
    .action((flags: RotateFlags) => rotateSecrets(cli, flags));
  add("import", "Store each variable of a file in the format of .env as a secret of its name.", [
    "secret import prod.env",
    "secret import - < prod.env",
  ])
    .argument("<file>", "the file, or - for standard input")
    .action((file: string) => importSecrets(cli, file));
};
