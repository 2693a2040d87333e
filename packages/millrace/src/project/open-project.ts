import type { StoreDefinition } from "@millrace/connectors/storage";
import type { DatabaseConnector } from "@millrace/core";
import {
  checkOwnCode,
  fileAccess,
  lendDotenv,
  loadSettings,
  type SettingInput,
  type Settings,
} from "@millrace/platform/settings";
import type { LogsInput } from "@millrace/platform/logs";
import type { SecretProviderChoice } from "@millrace/platform";
import type { NotificationsOptions } from "@millrace/platform/notify";
import type { ProjectConfig } from "./config.ts";
import type { ProjectFolder } from "./find-project.ts";
import { loadConfig } from "./load-config.ts";

/** The environment as this process got it, before `.env` was lent to it. */
const inherited: Readonly<Record<string, string | undefined>> = { ...process.env };

/** A project whose settings are known. */
export interface OpenProject extends ProjectFolder {
  readonly settings: Settings;
  /** The databases that the configuration names. */
  readonly databases: Readonly<Record<string, DatabaseConnector>>;
  /** Who is told what happens; undefined: the configuration says nothing of it. */
  readonly notifications: NotificationsOptions | undefined;
  /** Where log lines go; undefined: the configuration says nothing of it. */
  readonly logs: LogsInput | undefined;
  /** Where objects are kept; undefined: the configuration says nothing of it. */
  readonly storage: StoreDefinition | undefined;
  /** Who gives secrets; undefined: the configuration says nothing of it. */
  readonly providers: readonly SecretProviderChoice[] | undefined;
  /** Name → value: of the environment, and of `.env` behind it. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** A setting of a connector's own: from the environment or `.env`. Empty is not set. */
  setting(name: string): string | undefined;
}

/**
 * Reads a project's settings, and lends what its `.env` says to the code of its configuration and pipelines: call it before
 * loading them. Fails with MLR_SETTINGS_INVALID, MLR_FILE_EXPOSED or MLR_PROJECT_INVALID.
 * @param flags settings that a command was given, which win over all others.
 */
export async function openProject(project: ProjectFolder, flags: SettingInput = {}): Promise<OpenProject> {
  const warnings: string[] = [];
  const access = fileAccess(inherited, (text) => warnings.push(text));
  await lendDotenv(project.root, inherited);
  if (project.configFile !== undefined) await checkOwnCode({ ...access, path: project.configFile });
  const loadedConfig: ProjectConfig = await loadConfig(project);
  const { databases = {}, notifications, logs, storage, secrets, pools: _, ...config } = loadedConfig;
  const loaded = await loadSettings({ directory: project.root, config, environment: inherited, flags });
  const settings = { ...loaded, warnings: [...warnings, ...loaded.warnings] };
  const setting = (name: string): string | undefined =>
    (inherited[name] ?? settings.dotenv[name]) || undefined;
  const variables = { ...settings.dotenv, ...inherited };
  const providers = secrets?.providers;
  return { ...project, settings, databases, notifications, logs, storage, providers, variables, setting };
}
