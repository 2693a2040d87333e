import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedPostgres, maskUrl, openControl } from "@millrace/platform";
import type { OpenProject } from "../project/open-project.ts";
import { embeddedFolder } from "../workspace/workspace.ts";
import { type Check, failed } from "./check.ts";

/**
 * The embedded PostgreSQL. One that does not run is started and stopped again; where there is none yet, one is tried in a
 * folder that is deleted afterwards.
 */
export async function checkEmbedded(project: OpenProject | undefined): Promise<readonly Check[]> {
  const trial = project === undefined ? await mkdtemp(join(tmpdir(), "millrace-doctor-")) : undefined;
  // Started by root, the server runs as another user, who has to get in.
  if (trial !== undefined) await chmod(trial, 0o755);
  const directory = project === undefined ? join(trial ?? "", "postgres") : embeddedFolder(project);
  try {
    const before = await EmbeddedPostgres.status({ directory });
    if (before.state === "absent" && project !== undefined) return await checkEmbedded(undefined);
    const server = await EmbeddedPostgres.ensure({ directory });
    if (server.started) await EmbeddedPostgres.stop({ directory });
    const how = trial !== undefined ? "can be made and started" : server.started ? "can be started" : "runs";
    const where = trial === undefined ? `, with its data in ${server.directory}` : "";
    return [
      { name: "embedded database", status: "ok", message: `PostgreSQL ${server.version} ${how}${where}` },
      ...server.notices.map((message): Check => ({ name: "embedded database", status: "warn", message })),
    ];
  } catch (error) {
    return [failed("embedded database", error)];
  } finally {
    if (trial !== undefined) {
      await EmbeddedPostgres.reset({ directory, confirm: true }).catch(() => undefined);
      await rm(trial, { recursive: true, force: true });
    }
  }
}

/** The database that the settings name, as a destination and for runs and leases. */
export async function checkNamedDatabase(url: string, project: OpenProject): Promise<readonly Check[]> {
  return [await checkDestination(url, project), await checkControl(url, project)];
}

async function checkDestination(url: string, project: OpenProject): Promise<Check> {
  try {
    const { postgres } = await import("@millrace/connectors/postgres");
    const destination = await postgres({ url })
      .table("millrace_doctor")
      .destination({
        directory: project.root,
        databaseUrl: () => Promise.resolve(url),
      });
    try {
      const inspector = await destination.inspect?.();
      const tables = (await inspector?.tables()) ?? [];
      await inspector?.close();
      return {
        name: "database",
        status: "ok",
        message: `${maskUrl(url)} answers; pipelines write ${tables.length} tables there`,
      };
    } finally {
      await destination.close();
    }
  } catch (error) {
    return failed("database", error);
  }
}

async function checkControl(databaseUrl: string, project: OpenProject): Promise<Check> {
  const url = project.settings.values.controlUrl ?? databaseUrl;
  try {
    const control = await openControl(url, {
      fallbackDirectory: join(project.settings.values.dataDirectory, "fallback"),
    });
    await control.close();
    return { name: "control database", status: "ok", message: `${maskUrl(url)} takes runs and leases` };
  } catch (error) {
    return failed("control database", error);
  }
}
