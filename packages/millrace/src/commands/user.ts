import { type Command, InvalidArgumentError, Option } from "commander";
import { durationMs } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { addCommonOptions, examples } from "../program.ts";
import {
  addUser,
  changeRole,
  listUsers,
  makeLink,
  removeUser,
  ROLE_NAMES,
  type RoleName,
  setUserPassword,
} from "../user/user-commands.ts";

const NAME = "what they sign in with";
const LONGEST_LINK_MS = 86_400_000;

/** `millrace user`: who may sign in to the dashboard and the API. */
export const user: CommandSetup = (command, cli) => {
  command.addHelpText("after", examples(["user link", "user add ada --role operator", "user list"]));
  const add = (name: string, summary: string, lines: readonly string[]): Command => {
    const sub = command.command(name).description(summary).addHelpText("after", examples(lines));
    addCommonOptions(sub, cli.setStart);
    return sub;
  };
  add("list", "List users with their roles.", ["user list --json"]).action(() => listUsers(cli));
  add("add", "Add a user, who chooses a password by a link; with --password it is asked for now.", [
    "user add ada --role operator",
    "user add ada --role operator --password < password.txt",
  ])
    .argument("<name>", NAME)
    .addOption(new Option("--role <role>", "what they may do").choices([...ROLE_NAMES]).default("viewer"))
    .option("--password", "ask for a password, or read it from standard input")
    .action((name: string, flags: { role: RoleName; password?: boolean }) => addUser(cli, name, flags));
  add("remove", "Remove a user with their sessions and API tokens.", ["user remove ada --yes"])
    .argument("<name>", NAME)
    .option("--yes", "do not ask")
    .action((name: string, flags: { yes?: boolean }) => removeUser(cli, name, flags.yes === true));
  add("role", "Change what a user may do.", ["user role ada admin"])
    .argument("<name>", NAME)
    .argument("<role>", ROLE_NAMES.join(", "), roleName)
    .action((name: string, role: RoleName) => changeRole(cli, name, role));
  add("password", "Set a user's password: it is asked for, or read from standard input.", [
    "user password ada",
    "user password ada < password.txt",
  ])
    .argument("<name>", NAME)
    // So that a password that is given here is refused without being printed.
    .usage("[options] <name>")
    .allowExcessArguments()
    .allowUnknownOption()
    .action((_name: string, _flags: object, sub: Command) => setUserPassword(cli, sub.args));
  add("link", "Print a link that signs a user in once; the first one makes the administrator.", [
    "user link",
    "user link ada --valid 12h",
  ])
    .argument("[name]", "who (default: the administrator)")
    .option("--valid <duration>", "how long it holds, at most 24h (default: 15m)", linkDuration)
    .action((name: string | undefined, flags: { valid?: number }) => makeLink(cli, name, flags.valid));
};

function roleName(text: string): RoleName {
  const role = ROLE_NAMES.find((each) => each === text);
  if (role !== undefined) return role;
  throw new InvalidArgumentError(`It must be one of ${ROLE_NAMES.join(", ")}.`);
}

function linkDuration(text: string): number {
  const ms = durationMs(text);
  if (ms <= LONGEST_LINK_MS) return ms;
  throw new InvalidArgumentError("A link holds for at most 24h.");
}
