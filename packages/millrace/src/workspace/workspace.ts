import { join } from "node:path";
import { postgres } from "@millrace/connectors/postgres";
import type { DatabaseConnector, Environment } from "@millrace/core";
import {
  type ControlStore,
  type EmbeddedServer,
  EmbeddedPostgres,
  openControl,
  openLogs,
  type OpenLogs,
  type ProjectSecrets,
  projectSecrets,
  type ProjectSecretsOptions,
  publish,
  type SecretStore,
} from "@millrace/platform";
import { logFallbackDirectory, type SinkTrouble, sinkTroubleEvent } from "@millrace/platform/logs";
import type { CliContext } from "../cli-context.ts";
import { askMasterPassword } from "../output/ask-master-password.ts";
import { type LoadedPipelines, loadPipelines } from "../project/load-pipelines.ts";
import { type OpenProject, openProject } from "../project/open-project.ts";

/** A project with the databases that it uses; each is opened when it is first asked for. */
export interface Workspace {
  readonly project: OpenProject;
  /** What the project's pipelines are lent. */
  readonly environment: Environment;
  /** The databases that their code may ask for: those of the configuration, and the default database as `default`. */
  readonly databases: Readonly<Record<string, DatabaseConnector>>;
  /** The files under `pipelines/`. */
  pipelines(): Promise<LoadedPipelines>;
  /** The database of runs and leases. Fails with MLR_CONTROL_UNAVAILABLE or MLR_DATABASE_START. */
  control(): Promise<ControlStore>;
  /** The logs of runs that this process carries out; lines for the output are left out, it has other things to say. */
  logs(): Promise<OpenLogs>;
  /** The project's secrets; their store is opened when it is first asked for. */
  readonly secrets: ProjectSecrets;
  /** The store of secrets for who cannot be asked for the master password: nobody is, whoever sits at the terminal. */
  unattendedSecrets(): Promise<SecretStore>;
  /** The embedded PostgreSQL, running; undefined where the settings name a database. */
  embedded(): Promise<EmbeddedServer | undefined>;
  /** Idempotent. The embedded PostgreSQL stays. */
  close(): Promise<void>;
}

/**
 * Calls `use` with the workspace of the project that the command works on, and closes it.
 * @param open the project; default: the one that the folder is in.
 */
export async function withWorkspace<T>(
  cli: CliContext,
  use: (workspace: Workspace) => Promise<T>,
  open: () => Promise<OpenProject> = () => openProject(cli.project()),
): Promise<T> {
  const project = await open();
  for (const warning of project.settings.warnings) cli.printer.warn(warning);
  const askPassword = askMasterPassword(cli);
  const workspace = openWorkspace(
    project,
    (notice) => cli.printer.warn(notice),
    askPassword === undefined ? {} : { askPassword },
  );
  try {
    return await use(workspace);
  } finally {
    await workspace.close();
  }
}

/** What is known to whoever opens a workspace. */
interface KnownPlaces extends Pick<ProjectSecretsOptions, "askPassword"> {
  readonly databaseUrl?: string;
  readonly controlUrl?: string;
}

/**
 * The workspace of a project, for who closes it.
 * @param tell is told what is no reason to fail
 * @param known databases that are known already, so that none is looked for, and who can be asked for the master password
 */
export function openWorkspace(
  project: OpenProject,
  tell: (notice: string) => void,
  known: KnownPlaces = {},
): Workspace {
  const { databaseUrl, controlUrl, postgresPort } = { ...project.settings.values, ...known };
  const server = memoize(async () => {
    const running = await EmbeddedPostgres.ensure({
      directory: embeddedFolder(project),
      ...(postgresPort === undefined ? {} : { port: postgresPort }),
    });
    for (const notice of running.notices) tell(notice);
    return running;
  });
  const control = memoize(async () =>
    openControl(controlUrl ?? databaseUrl ?? (await server.get()).controlUrl, {
      fallbackDirectory: join(project.settings.values.dataDirectory, "fallback"),
    }),
  );
  const { providers, variables, root: directory } = project;
  const unattended: ProjectSecretsOptions = {
    settings: project.settings.values,
    directory,
    variables,
    control: control.get,
    warn: tell,
    ...(providers === undefined ? {} : { providers }),
  };
  const { askPassword } = known;
  const secrets = projectSecrets(askPassword === undefined ? unattended : { ...unattended, askPassword });
  const environment: Environment = {
    directory,
    dataDirectory: project.settings.values.dataDirectory,
    databaseUrl: async () => databaseUrl ?? (await server.get()).url(),
    setting: (name) => project.setting(name),
    secret: secrets.resolver.secret,
  };
  const logs = memoize(async () =>
    openLogs({
      directory: project.root,
      dataDirectory: project.settings.values.dataDirectory,
      controlUrl: async () => (await control.get()).url,
      secrets: environment,
      without: ["stdout"],
      trouble: (trouble) => void tellTrouble(control.get(), trouble, project.settings.values.dataDirectory),
      ...(project.logs === undefined ? {} : { config: project.logs }),
    }),
  );
  return {
    project,
    environment,
    secrets,
    unattendedSecrets: () => projectSecrets(unattended).store(),
    logs: logs.get,
    databases: { default: postgres(), ...project.databases },
    pipelines: () => loadPipelines(project),
    control: control.get,
    embedded: async () => (databaseUrl === undefined ? server.get() : undefined),
    close: async () => {
      const open = await logs.made()?.catch(() => undefined);
      await open?.close();
      const store = await control.made()?.catch(() => undefined);
      await store?.close();
    },
  };
}

/** Tells whoever follows the events that a sink of logs is in trouble; a database that is part of it changes nothing. */
async function tellTrouble(
  control: Promise<ControlStore>,
  trouble: SinkTrouble,
  dataDirectory: string,
): Promise<void> {
  try {
    const event = sinkTroubleEvent(trouble, logFallbackDirectory(dataDirectory));
    await publish((await control).pool, event);
  } catch {
    // The lines are in files, and `millrace logs replay` tells of them.
  }
}

/** The folder of the project's embedded PostgreSQL. */
export function embeddedFolder(project: OpenProject): string {
  return join(project.settings.values.dataDirectory, "postgres");
}

/** Makes a thing once, when it is first asked for; after a failure the next one who asks tries again. */
function memoize<T>(make: () => Promise<T>): {
  get(): Promise<T>;
  made(): Promise<T> | undefined;
} {
  let made: Promise<T> | undefined;
  return {
    made: () => made,
    get: () => {
      made ??= make().catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return made;
    },
  };
}
