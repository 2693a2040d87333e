import { type Command, InvalidArgumentError, Option } from "commander";
import { durationMs } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { addCommonOptions, examples } from "../program.ts";
import { createToken, listTokens, revokeToken, type TokenFlags } from "../user/token-commands.ts";
import { ROLE_NAMES } from "../user/user-commands.ts";

const DAY_MS = 86_400_000;

/** `millrace token`: what programs sign in to the API with. */
export const token: CommandSetup = (command, cli) => {
  command.addHelpText(
    "after",
    examples(["token create ci --role operator", "token create report --group sales", "token list"]),
  );
  const add = (name: string, summary: string, lines: readonly string[]): Command => {
    const sub = command.command(name).description(summary).addHelpText("after", examples(lines));
    addCommonOptions(sub, cli.setStart);
    return sub;
  };
  add("list", "List API tokens, which are never shown again.", ["token list", "token list --user ada --json"])
    .option("--user <name>", "only theirs")
    .action((flags: { user?: string }) => listTokens(cli, flags.user));
  add("create", "Make an API token and print it, this one time.", [
    "token create ci --role operator --expires 30d",
    "token create report --group sales --pipeline orders",
    "token create scraper --stream prices",
  ])
    .argument("<name>", "what it is for")
    .option("--user <name>", "whose it is: it can do no more than they can (default: the administrator)")
    .addOption(new Option("--role <role>", "what it may do").choices([...ROLE_NAMES]).default("viewer"))
    .option("--group <name>", "only reads what belongs to this group; may be repeated", collect)
    .option("--pipeline <name>", "only reads what belongs to this pipeline; may be repeated", collect)
    .option(
      "--stream <name>",
      'pushes rows into this stream, and does nothing else; may be repeated, "*": all',
      collect,
    )
    .option("--expires <duration>", 'after so long, such as 30d; or "never"', expiry, 90 * DAY_MS)
    .action((name: string, flags: TokenFlags) => createToken(cli, name, flags));
  add("revoke", "End an API token at once.", ["token revoke ci"])
    .argument("<token>", "its name or id")
    .action((id: string) => revokeToken(cli, id));
};

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function expiry(text: string): number | "never" {
  if (text === "never") return text;
  const ms = durationMs(text);
  if (ms <= 3_650 * DAY_MS) return ms;
  throw new InvalidArgumentError('It must be at most 3650d, or "never".');
}
