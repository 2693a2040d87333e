import { MillraceError } from "@millrace/core";
import pg from "pg";
import { controlFailure } from "../store/control-connection.ts";
import { ArchiveReader } from "./archive/archive-reader.ts";
import { backupFailure } from "./backup-failure.ts";
import { loadControl } from "./database/load-control.ts";
import { loadDestination } from "./database/load-destination.ts";
import { NEUTRAL_SETTINGS } from "./database/open-snapshot.ts";
import { checkTarget, type TargetPart } from "./database/check-target.ts";
import type { Manifest } from "./manifest.ts";
import {
  missingFiles,
  type MissingFile,
  type ProjectPlace,
  type RestoredFile,
  restoreFiles,
} from "./project-files.ts";

/** What is put back, and where. */
export interface RestoreBackup {
  readonly path: string;
  readonly controlUrl: string;
  /** Where the tables of the default destination go; undefined: they are left out. */
  readonly destinationUrl?: string;
  readonly project: ProjectPlace;
  /** Whether what is there goes. Default: no, then nothing may be there. */
  readonly replace?: boolean;
}

/** What a restore came to. */
export interface RestoredBackup {
  readonly manifest: Manifest;
  readonly files: readonly RestoredFile[];
  /** Files of the data folder that were there when the backup was made and are not now. */
  readonly missing: readonly MissingFile[];
}

/**
 * Puts a backup back. The file is checked as a whole before anything is touched; each database changes in one transaction,
 * so that what is interrupted leaves it as it was. Fails with MLR_BACKUP_DAMAGED, MLR_RESTORE_REFUSED,
 * MLR_CONTROL_VERSION, MLR_CONTROL_UNAVAILABLE or MLR_BACKUP_FAILED.
 */
export async function restoreBackup(options: RestoreBackup): Promise<RestoredBackup> {
  const { project, controlUrl, destinationUrl, replace = false } = options;
  const archive = await ArchiveReader.open(options.path);
  try {
    const { control, destination } = archive.manifest;
    if (destinationUrl !== undefined && destination === null) throw noTables(options.path);
    // Both are checked before either is changed.
    await inDatabase(controlUrl, (client) => checkTarget(client, "control", replace));
    if (destinationUrl !== undefined && destination !== null) {
      await inDatabase(destinationUrl, (client) => checkTarget(client, "destination", replace));
      await change(destinationUrl, "destination", replace, (client) =>
        loadDestination(client, archive, destination),
      );
    }
    await change(controlUrl, "control", replace, (client) => loadControl(client, archive, control));
    const files = await restoreFiles(archive, project, replace);
    return { manifest: archive.manifest, files, missing: await missingFiles(archive, project.dataDirectory) };
  } finally {
    await archive.close();
  }
}

async function change(
  url: string,
  part: TargetPart,
  replace: boolean,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  await inDatabase(url, async (client) => {
    try {
      await client.query("BEGIN");
      await checkTarget(client, part, replace);
      await work(client);
      await client.query("COMMIT");
    } catch (error) {
      throw backupFailure(
        `The ${part === "control" ? "control database" : "destination"} was not restored`,
        error,
      );
    }
  });
}

/** Calls `work` with a connection of its own. Fails with MLR_CONTROL_UNAVAILABLE. */
export async function inDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: "millrace restore",
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(NEUTRAL_SETTINGS);
    return await work(client);
  } catch (error) {
    throw controlFailure(error, url);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function noTables(path: string): MillraceError {
  return new MillraceError("MLR_RESTORE_REFUSED", `${path} has no tables of the destination`, {
    hint: "Restore without --tables. Backups have them where they are made with --tables.",
    details: { path },
  });
}
