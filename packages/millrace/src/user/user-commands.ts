import { administratorExists, checkNewPassword, hashPassword, type UserRecord } from "@millrace/api/auth";
import { MillraceError } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import { askTwice, isTerminal } from "../output/ask-master-password.ts";
import { confirm } from "../output/confirm.ts";
import { formatCount } from "../output/numbers.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { readValue } from "../secret/read-value.ts";
import { type Access, withAccess } from "./access.ts";
import { printLink } from "./print-link.ts";

export type RoleName = UserRecord["role"];
/** Each may also do what those before it may. */
export const ROLE_NAMES: readonly RoleName[] = ["viewer", "operator", "admin"];

const MOST = 1_000;

/** `millrace user list`. */
export async function listUsers(cli: CliContext): Promise<void> {
  await withAccess(cli, async ({ users }) => {
    const all = await users.list(MOST);
    const { style } = cli.printer;
    cli.printer.result(all, () =>
      all.length === 0
        ? "No users yet. `millrace user link` prints a link that makes the first administrator."
        : renderTable(
            [
              { title: "name" },
              { title: "role" },
              { title: "password" },
              { title: "last sign-in" },
              { title: "sessions", side: "right" },
              { title: "tokens", side: "right" },
            ],
            all.map((user) => [
              clean(user.name),
              user.disabledAt === null ? user.role : `${user.role}, ${style.yellow("disabled")}`,
              user.issuer === null ? user.password : clean(new URL(user.issuer).host),
              user.lastSignInAt === null ? style.dim("never") : timeText(user.lastSignInAt),
              formatCount(user.sessions),
              formatCount(user.tokens),
            ]),
            { heading: style.dim },
          ),
    );
  });
}

/** `millrace user add`: with a password that is typed or piped, or with a link. */
export async function addUser(
  cli: CliContext,
  name: string,
  flags: { readonly role: RoleName; readonly password?: boolean },
): Promise<void> {
  checkName(name);
  await withAccess(cli, async (access) => {
    const { users, links, by } = access;
    const { role } = flags;
    const password = flags.password === true ? await newPassword(cli, name) : undefined;
    const user = await access.audited({ action: "user.add", target: name, details: { role } }, async () =>
      users.add({
        name,
        role,
        by,
        ...(password === undefined ? {} : { passwordHash: await hashPassword(password) }),
      }),
    );
    const heading = `${cli.printer.style.green("✓")} ${clean(user.name)} is added as ${role}.`;
    if (password !== undefined) {
      cli.printer.result({ user }, () => heading);
      return;
    }
    const link = await links.create({ user: user.id, by });
    await printLink(cli, access, { link, document: { user }, heading: `${heading} To choose a password:` });
  });
}

/** `millrace user remove`. */
export async function removeUser(cli: CliContext, name: string, yes: boolean): Promise<void> {
  await withAccess(cli, async (access) => {
    const user = await access.users.named(name);
    await confirm(cli, `Remove the user ${clean(user.name)} with ${user.tokens} API tokens?`, yes);
    await access.audited({ action: "user.remove", target: user.name }, () => access.users.remove(user.id));
    cli.printer.result(
      { removed: user.name },
      () => `${cli.printer.style.green("✓")} ${clean(user.name)} is removed, and signed out.`,
    );
  });
}

/** `millrace user role`. */
export async function changeRole(cli: CliContext, name: string, role: RoleName): Promise<void> {
  await withAccess(cli, async (access) => {
    const { id, name: known } = await access.users.named(name);
    const user = await access.audited({ action: "user.change", target: known, details: { role } }, () =>
      access.users.change(id, { role }),
    );
    cli.printer.result({ user }, () => `${cli.printer.style.green("✓")} ${clean(known)} is ${role} now.`);
  });
}

/** `millrace user password`. @param given all arguments and unknown options, of which the first alone is allowed */
export async function setUserPassword(cli: CliContext, given: readonly string[]): Promise<void> {
  const [name = "", ...more] = given;
  if (more.length > 0) throw passwordInArguments();
  await withAccess(cli, async (access) => {
    const user = await access.users.named(name);
    if (user.issuer !== null) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `${user.name} signs in by ${new URL(user.issuer).host}`,
        {
          hint: "That service has the password.",
        },
      );
    }
    const password = await newPassword(cli, user.name);
    await access.audited({ action: "user.password", target: user.name }, async () =>
      access.users.setPassword(user.id, await hashPassword(password)),
    );
    cli.printer.result(
      { user: user.name, changed: true },
      () =>
        `${cli.printer.style.green("✓")} ${clean(user.name)} has a new password, and is signed out everywhere.`,
    );
  });
}

/** `millrace user link`: for a user, or without a name for the administrator. */
export async function makeLink(
  cli: CliContext,
  name: string | undefined,
  validMs: number | undefined,
): Promise<void> {
  await withAccess(cli, async (access) => {
    const { users, links, by, workspace } = access;
    const valid = validMs === undefined ? {} : { validMs };
    if (name === undefined && !(await administratorExists((await workspace.control()).pool))) {
      const link = await access.audited({ action: "user.link" }, () => links.create({ by, ...valid }));
      await printLink(cli, access, {
        link,
        document: { user: null },
        heading: "To become the administrator, open:",
      });
      return;
    }
    const user = await users.named(name ?? (await onlyAdministrator(access)));
    const link = await access.audited({ action: "user.link", target: user.name }, () =>
      links.create({ user: user.id, by, ...valid }),
    );
    await printLink(cli, access, {
      link,
      document: { user: user.name },
      heading: `To sign in as ${clean(user.name)}, open:`,
    });
  });
}

/** The name of the one administrator. Fails with MLR_ARGUMENT_INVALID where there are more. */
export async function onlyAdministrator({ users }: Access): Promise<string> {
  const names = await users.administrators();
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    "There is more than one administrator: say which user is meant",
    {
      hint: `Administrators are: ${names.join(", ")}.`,
    },
  );
}

async function newPassword(cli: CliContext, name: string): Promise<string> {
  const question = `New password of ${clean(name)}: `;
  const password = isTerminal(cli) ? await askTwice(cli, question) : await readValue(cli, question);
  checkNewPassword(password, name);
  return password;
}

function checkName(name: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,63}$/u.test(name)) return;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `A user cannot be named "${name}"`, {
    hint: "Names begin with a letter or digit, and have letters, digits and . _ @ + - up to 64 characters.",
  });
}

function passwordInArguments(): MillraceError {
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    "A password is not taken from the command line, where others on this machine can see it",
    {
      hint: 'Pipe it: printf %s "$PASSWORD" | millrace user password <name>\nOr run "millrace user password <name>" to be asked. What was typed stands in the shell\'s history now.',
    },
  );
}
