import { hostname, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import type { PrivateFile } from "../settings/file-access.ts";
import type { SettingValues } from "../settings.ts";
import type { ControlStore } from "../store/control-store.ts";
import { databaseStorage } from "./database-storage.ts";
import { environmentSecrets } from "./environment-secrets.ts";
import { fileStorage } from "./file-storage.ts";
import { folderSecrets } from "./folder-secrets.ts";
import { masterPasswords } from "./master-password.ts";
import type { SecretProvider } from "./secret-provider.ts";
import { SecretResolver } from "./secret-resolver.ts";
import type { SecretStorage } from "./secret-storage.ts";
import { SecretStore } from "./secret-store.ts";
import { storedSecrets } from "./stored-secrets.ts";

/** A provider as the configuration names it. */
export type SecretProviderChoice =
  | "environment"
  | "store"
  | {
      /** A folder with one file per secret, relative to the project. */
      readonly folder: string;
      /** Files that others can read are accepted, as where a container runs nothing else. Default false. */
      readonly allowOpen?: boolean;
    }
  | SecretProvider
  | SecretProvider["get"];

/** What the secrets of a project are made of. */
export interface ProjectSecretsOptions {
  /** Where secrets are stored and what opens them. */
  readonly settings: Pick<
    SettingValues,
    | "dataDirectory"
    | "secretsStore"
    | "secretsDirectory"
    | "masterPassword"
    | "masterPasswordFile"
    | "previousMasterPassword"
    | "allowOpenFiles"
  >;
  /** The project's folder. */
  readonly directory: string;
  /** Name → value: of the environment, and of `.env` behind it. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Who gives secrets, in the order in which they are asked. Default: the environment, the folder of the settings, the store. */
  readonly providers?: readonly SecretProviderChoice[];
  /** Opens the control database, where the store is in it. */
  readonly control: () => Promise<Pick<ControlStore, "pool" | "url">>;
  /** Asks a person for the master password; undefined where nobody can be asked. Default: nobody can. */
  readonly askPassword?: (use: "open" | "create") => Promise<string | undefined>;
  /** Is told of files that others can read, where that is accepted. */
  readonly warn?: (text: string) => void;
}

/** The secrets of a project. Nothing is opened before it is needed. */
export interface ProjectSecrets {
  readonly resolver: SecretResolver;
  /** What `millrace secret` works on. Fails with MLR_CONTROL_UNAVAILABLE. */
  store(): Promise<SecretStore>;
}

/** Puts the secrets of a project together. Fails with MLR_ARGUMENT_INVALID where a provider is none. */
export function projectSecrets(given: ProjectSecretsOptions): ProjectSecrets {
  const options = { ...given, warn: once(given.warn) };
  let opened: Promise<SecretStore> | undefined;
  const store = (): Promise<SecretStore> => {
    opened ??= openStore(options);
    opened.catch(() => (opened = undefined));
    return opened;
  };
  const { secretsDirectory } = options.settings;
  const usual: readonly SecretProviderChoice[] = [
    "environment",
    ...(secretsDirectory === undefined ? [] : [{ folder: secretsDirectory }]),
    "store",
  ];
  const providers = (options.providers ?? usual).map((choice, index) =>
    providerOf(choice, index, { options, store }),
  );
  return { resolver: new SecretResolver({ providers }), store };
}

interface Lent {
  readonly options: ProjectSecretsOptions;
  readonly store: () => Promise<SecretStore>;
}

function providerOf(choice: SecretProviderChoice, index: number, { options, store }: Lent): SecretProvider {
  if (choice === "environment") return environmentSecrets(options.variables);
  if (choice === "store") return storedSecrets(store);
  if (typeof choice === "function") return { name: choice.name || `provider ${index + 1}`, get: choice };
  if (typeof choice === "object" && "folder" in choice) {
    const access = accessOf(options);
    const allowOpen = choice.allowOpen ?? access.allowOpen;
    return folderSecrets({ ...access, allowOpen, path: resolve(options.directory, choice.folder) });
  }
  if (typeof choice === "object" && "get" in choice) return choice;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `secrets.providers[${index}] is no provider of secrets`, {
    hint: 'Write "environment", "store", { folder: "…" }, a function, or an object with name and get.',
  });
}

function accessOf({ settings, warn }: ProjectSecretsOptions): Required<Omit<PrivateFile, "path">> {
  return { allowOpen: settings.allowOpenFiles, warn: warn ?? (() => undefined) };
}

async function openStore(options: ProjectSecretsOptions): Promise<SecretStore> {
  const { settings, askPassword } = options;
  const passwords = masterPasswords({
    values: settings,
    access: accessOf(options),
    ...(askPassword === undefined ? {} : { ask: askPassword }),
  });
  return new SecretStore({ storage: await openStorage(options), passwords, by: whoami() });
}

async function openStorage(options: ProjectSecretsOptions): Promise<SecretStorage> {
  const { secretsStore, dataDirectory } = options.settings;
  if (secretsStore === "file") {
    return fileStorage({ ...accessOf(options), path: join(dataDirectory, "secrets.json") });
  }
  const { pool, url } = await options.control();
  return databaseStorage(pool, url);
}

/** Says each text once, however often a file is read. */
function once(warn: (text: string) => void = () => undefined): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (said.has(text)) return;
    said.add(text);
    warn(text);
  };
}

function whoami(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A user without an entry, as containers have them.
    return `${process.getuid?.() ?? "user"}@${hostname()}`;
  }
}
