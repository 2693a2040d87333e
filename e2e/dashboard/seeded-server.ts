import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { openApi, openInstallation, type TableReader } from "@millrace/api";
import { MillraceError } from "@millrace/core";
import { openOperations } from "@millrace/orchestrator";
import { loadSettings, openControl, projectSecrets } from "@millrace/platform";
import { startTestPostgres } from "@millrace/platform/testing";
import { seedInstallation, type SeedSize } from "./seed-installation.ts";

/** The API and the dashboard over a control database that was filled for it. */
export interface SeededServer {
  readonly url: string;
  /** Signs an administrator in, once. */
  readonly firstSignIn: string;
  close(): Promise<void>;
}

const DIST = fileURLToPath(new URL("../../packages/dashboard/dist", import.meta.url));

export interface SeededServerOptions {
  /** Absent: an empty installation. */
  readonly size?: SeedSize;
  /** Default: any that is free. */
  readonly port?: number;
  /** Folder of the built dashboard. Default: where its package builds it. */
  readonly dashboard?: string;
}

/** Serves the built dashboard. No worker runs: what is seen stays as it is. */
export async function openSeededServer({
  size,
  port,
  dashboard = DIST,
}: SeededServerOptions = {}): Promise<SeededServer> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-dashboard-"));
  const postgres = await startTestPostgres();
  const control = await openControl(await postgres.createDatabase(), { fallbackDirectory: folder });
  if (size !== undefined) await seedInstallation(control, size);
  const environment = { MILLRACE_MASTER_PASSWORD: "correct horse battery staple" };
  const settings = await loadSettings({ directory: folder, environment });
  const secrets = projectSecrets({
    settings: settings.values,
    directory: folder,
    variables: {},
    control: async () => control,
  });
  const { pool } = control;
  const api = await openApi({
    control,
    tables: noTables(),
    operations: openOperations({ pool, resetState: async () => undefined }),
    installation: openInstallation({
      settings,
      secretStore: secrets.store,
      notifications: undefined,
      secrets: secrets.resolver,
      pool,
    }),
    // What goes wrong in the server is what a failed test wants to know.
    logger: {
      error: (fields, message) => process.emitWarning(`${message}: ${inspect(fields)}`),
      warn: () => undefined,
    },
    dashboard,
    ...(port === undefined ? {} : { port }),
  });
  return {
    url: api.url,
    firstSignIn: api.firstSignIn ?? api.url,
    async close() {
      await api.close();
      await control.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function noTables(): TableReader {
  const none = async (table: string): Promise<never> => {
    throw new MillraceError("MLR_TABLE_NOT_FOUND", `There is no table "${table}"`);
  };
  return {
    tables: async () => ({ tables: [], unreachable: [] }),
    rows: none,
    history: none,
    changes: none,
    quarantine: none,
    reprocess: none,
    state: async () => undefined,
    close: async () => undefined,
  };
}
