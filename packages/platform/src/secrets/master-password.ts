import { MillraceError, redactor } from "@millrace/core";
import { type PrivateFile, readPrivateFile } from "../settings/file-access.ts";
import type { SettingValues } from "../settings.ts";
import type { MasterPasswords } from "./stored-key.ts";

/** Where the master password may come from. */
export interface MasterPasswordSources {
  readonly values: Pick<SettingValues, "masterPassword" | "masterPasswordFile" | "previousMasterPassword">;
  /** How the file may be read. */
  readonly access: Omit<PrivateFile, "path">;
  /** Asks a person, without showing what is typed; undefined where nobody can be asked. Default: nobody can. */
  readonly ask?: (use: "open" | "create") => Promise<string | undefined>;
}

/**
 * The master password: of the environment, of the file, or of whoever is asked; got once and masked from then on.
 * Fails with MLR_SECRET_PASSWORD where there is none, MLR_FILE_EXPOSED or MLR_SETTINGS_INVALID.
 */
export function masterPasswords(
  sources: MasterPasswordSources,
): (use: "open" | "create") => Promise<MasterPasswords> {
  let known: Promise<MasterPasswords> | undefined;
  return (use) => {
    known ??= find(sources, use);
    known.catch(() => (known = undefined));
    return known;
  };
}

async function find(sources: MasterPasswordSources, use: "open" | "create"): Promise<MasterPasswords> {
  const { masterPassword, previousMasterPassword: previous } = sources.values;
  const current = masterPassword ?? (await fromFile(sources)) ?? (await sources.ask?.(use));
  if (current === undefined || current === "") {
    throw new MillraceError("MLR_SECRET_PASSWORD", "The stored secrets need the master password", {
      hint: "Set MILLRACE_MASTER_PASSWORD, or MILLRACE_MASTER_PASSWORD_FILE to a file that only this user can read.",
    });
  }
  for (const password of [current, previous]) if (password !== undefined) redactor.add(password);
  return { current, ...(previous === undefined ? {} : { previous }) };
}

async function fromFile({ values, access }: MasterPasswordSources): Promise<string | undefined> {
  const path = values.masterPasswordFile;
  if (path === undefined) return undefined;
  const text = await readPrivateFile({ ...access, path });
  const password = text?.replace(/\r?\n$/, "");
  if (password !== undefined && password !== "") return password;
  const what = text === undefined ? "does not exist" : "is empty";
  throw new MillraceError("MLR_SETTINGS_INVALID", `The file of the master password, ${path}, ${what}`, {
    hint: "Write the password into it (chmod 600), or correct MILLRACE_MASTER_PASSWORD_FILE.",
    details: { file: path },
  });
}
