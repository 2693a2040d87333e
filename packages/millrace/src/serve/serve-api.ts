import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { openApi, type OpenedApi, openInstallation } from "@millrace/api";
import { openOperations, queueReprocess } from "@millrace/orchestrator";
import type { ControlStore, Logger } from "@millrace/platform";
import type { Metrics } from "@millrace/platform/metrics";
import { openTableReader } from "../data-process/open-table-reader.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { oidcOfSettings } from "./oidc-of-settings.ts";
import { resetByProcess } from "./reset-by-process.ts";

/** Serves the API and the dashboard of a project. Fails with MLR_SETTINGS_INVALID where it cannot listen. */
export async function serveApi(
  workspace: Workspace,
  control: ControlStore,
  logger: Logger,
  metrics: Pick<Metrics, "observe">,
): Promise<OpenedApi> {
  const { project, environment } = workspace;
  const { apiHost, apiPort, apiUrl, apiProxies } = project.settings.values;
  const { pool } = control;
  const oidc = oidcOfSettings(project.settings.values, workspace.secrets.resolver);
  const tables = openTableReader({
    root: project.root,
    databaseUrl: environment.databaseUrl,
    controlUrl: control.url,
    queueReprocess: ({ pipeline, by, ...request }) => queueReprocess(pool, { pipeline, by, request }),
    onLine: (line) => logger.info({ part: "reader of collected data" }, line),
  });
  try {
    const api = await openApi({
      control,
      tables,
      operations: openOperations({ pool, resetState: (pipeline) => resetByProcess(project.root, pipeline) }),
      installation: openInstallation({
        settings: project.settings,
        secretStore: workspace.unattendedSecrets,
        notifications: project.notifications,
        secrets: environment,
        pool,
      }),
      logger,
      observe: (route, status, seconds) =>
        metrics.observe("millrace_api_request_seconds", seconds, {
          route,
          status: `${Math.floor(status / 100)}xx`,
        }),
      host: apiHost,
      port: apiPort,
      publicUrl: apiUrl,
      oidc,
      ...(apiProxies === undefined ? {} : { trustedProxies: listOf(apiProxies) }),
      dashboard: dashboardFolder(),
    });
    return {
      ...api,
      close: async () => {
        await api.close();
        await tables.close();
      },
    };
  } catch (error) {
    await tables.close();
    throw error;
  }
}

/** Where the dashboard's files are when they were built. */
function dashboardFolder(): string {
  const manifest = createRequire(import.meta.url).resolve("@millrace/dashboard/package.json");
  return join(dirname(manifest), "dist");
}

function listOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}
