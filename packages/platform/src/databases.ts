import { join } from "node:path";
import { type EmbeddedServer, EmbeddedPostgres } from "./embedded/embedded-postgres.ts";
import type { Settings } from "./settings.ts";

/** The databases that the settings name. The embedded PostgreSQL is started when it is first needed, and once. */
export interface Databases {
  /** Connection URL of the default destination: what a pipeline's `Environment` lends. */
  databaseUrl(): Promise<string>;
  /** Connection URL of the control database. */
  controlUrl(): Promise<string>;
  /** Folder of the embedded PostgreSQL, whether it is used or not. */
  readonly embeddedDirectory: string;
  /** Folder for what the control database does not take. */
  readonly fallbackDirectory: string;
}

/**
 * @param onEmbedded is told when the embedded PostgreSQL was found or started, with its notices for the user.
 */
export function databasesOf(
  settings: Pick<Settings, "values">,
  onEmbedded?: (server: EmbeddedServer) => void,
): Databases {
  const { databaseUrl, controlUrl, dataDirectory, postgresPort } = settings.values;
  const embeddedDirectory = join(dataDirectory, "postgres");
  let starting: Promise<EmbeddedServer> | undefined;
  const embedded = (): Promise<EmbeddedServer> => {
    starting ??= EmbeddedPostgres.ensure({
      directory: embeddedDirectory,
      ...(postgresPort === undefined ? {} : { port: postgresPort }),
    }).then(
      (server) => {
        onEmbedded?.(server);
        return server;
      },
      (error: unknown) => {
        starting = undefined;
        throw error;
      },
    );
    return starting;
  };
  return {
    databaseUrl: async () => databaseUrl ?? (await embedded()).url(),
    controlUrl: async () => controlUrl ?? databaseUrl ?? (await embedded()).controlUrl,
    embeddedDirectory,
    fallbackDirectory: join(dataDirectory, "fallback"),
  };
}
