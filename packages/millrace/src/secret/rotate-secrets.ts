import { resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import { fileAccess, readPrivateFile } from "@millrace/platform/settings";
import type { CliContext } from "../cli-context.ts";
import { askTwice, isTerminal } from "../output/ask-master-password.ts";
import { formatMany } from "../output/numbers.ts";
import { withWorkspace, type Workspace } from "../workspace/workspace.ts";
import { readValue } from "./read-value.ts";

/** How `millrace secret rotate` is asked. */
export interface RotateFlags {
  readonly master?: boolean;
  readonly newPasswordFile?: string;
}

/** `millrace secret rotate`: a new data key, or with `--master` a new master password. */
export async function rotateSecrets(cli: CliContext, flags: RotateFlags): Promise<void> {
  if (flags.newPasswordFile !== undefined && flags.master !== true) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "--new-password-file is for the master password", {
      hint: "Say --master as well.",
    });
  }
  await withWorkspace(cli, (workspace) =>
    flags.master === true ? changePassword(cli, workspace, flags.newPasswordFile) : rotate(cli, workspace),
  );
}

async function rotate(cli: CliContext, { secrets }: Workspace): Promise<void> {
  const { secrets: count, key } = await (await secrets.store()).rotate();
  cli.printer.result({ secrets: count, key }, () => {
    const sign = cli.printer.style.green("✓");
    return `${sign} There is a new data key; ${formatMany(count, "secret")} ${count === 1 ? "is" : "are"} encrypted by it.`;
  });
}

async function changePassword(
  cli: CliContext,
  workspace: Workspace,
  file: string | undefined,
): Promise<void> {
  const store = await workspace.secrets.store();
  const {
    previousMasterPassword: previous,
    masterPassword,
    masterPasswordFile,
  } = workspace.project.settings.values;
  const given = masterPassword ?? (await secretFile(cli, masterPasswordFile));
  // With both passwords in the settings, the current one is what it has to become.
  const password =
    file !== undefined
      ? await secretFile(cli, resolve(cli.cwd, file))
      : previous !== undefined && given !== undefined
        ? given
        : await askNew(cli);
  if (password === undefined) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `The file ${file} does not exist`, {
      hint: "Write the new master password into it (chmod 600). Nothing was changed.",
    });
  }
  const keys = await store.changePassword(password);
  cli.printer.result({ keys }, () => {
    const sign = cli.printer.style.green("✓");
    return `${sign} The master password is changed. From now on the new one opens the secrets: set MILLRACE_MASTER_PASSWORD to it where they are used, and take MILLRACE_PREVIOUS_MASTER_PASSWORD away.`;
  });
}

function askNew(cli: CliContext): Promise<string> {
  return isTerminal(cli)
    ? askTwice(cli, "The new master password: ")
    : readValue(cli, "The new master password: ");
}

async function secretFile(cli: CliContext, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const access = fileAccess(undefined, (text) => cli.printer.warn(text));
  return (await readPrivateFile({ ...access, path }))?.replace(/\r?\n$/, "");
}
