import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import { ArchiveWriter } from "./archive/archive-writer.ts";
import { openSnapshot, type Snapshot } from "./database/open-snapshot.ts";
import { saveControl } from "./database/save-control.ts";
import { saveDestination } from "./database/save-destination.ts";
import { BACKUP_FORMAT, HEAD_ENTRY, type Manifest, MANIFEST_ENTRY, SEAL_ENTRY } from "./manifest.ts";
import { type ProjectPlace, saveFiles, saveStorageList } from "./project-files.ts";

/** What is saved, and where. */
export interface CreateBackup {
  /** The file that is made. */
  readonly path: string;
  /** Whether a file of that name may be replaced. Default: no. */
  readonly replace?: boolean;
  /** Connection URL of the control database. */
  readonly controlUrl: string;
  /** Connection URL of the default destination, where its tables are to be in the backup as well. */
  readonly destinationUrl?: string;
  readonly project: ProjectPlace;
  /** Names of variables whose values the backup does not have. */
  readonly variables: readonly string[];
  /** Version of Millrace. */
  readonly version: string;
}

/** What a backup came to. */
export interface CreatedBackup {
  readonly path: string;
  readonly bytes: number;
  readonly manifest: Manifest;
}

/**
 * Saves a control database and what a project keeps besides, while everything goes on: each database as it was at the
 * moment that the manifest tells, in memory that does not grow with it. The file appears when it is whole. Fails with
 * MLR_BACKUP_FAILED, MLR_CONTROL_UNAVAILABLE, or MLR_ARGUMENT_INVALID where the file is there already.
 */
export async function createBackup(options: CreateBackup): Promise<CreatedBackup> {
  const path = resolve(options.path);
  if (options.replace !== true) await refuseExisting(path);
  const snapshots: Snapshot[] = [];
  const open = async (url: string): Promise<Snapshot> => {
    const snapshot = await openSnapshot(url);
    snapshots.push(snapshot);
    return snapshot;
  };
  let archive: ArchiveWriter | undefined;
  try {
    // Both moments right after each other, however long copying takes.
    const control = await open(options.controlUrl);
    const destination = options.destinationUrl === undefined ? undefined : await open(options.destinationUrl);
    const createdAt = new Date();
    archive = await ArchiveWriter.create(path, createdAt);
    const head = {
      format: BACKUP_FORMAT as typeof BACKUP_FORMAT,
      version: options.version,
      createdAt: createdAt.toISOString(),
    };
    await archive.add(HEAD_ENTRY, json(head));
    const manifest = await save({ ...options, archive, head, control, destination });
    await archive.add(MANIFEST_ENTRY, json(manifest));
    await archive.add(SEAL_ENTRY, Buffer.from(`${archive.parts.at(-1)?.sha256}\n`));
    await archive.finish();
    return { path, bytes: (await stat(path)).size, manifest };
  } catch (error) {
    await archive?.discard();
    throw error;
  } finally {
    for (const snapshot of snapshots) await snapshot.close();
  }
}

interface Saving extends CreateBackup {
  readonly archive: ArchiveWriter;
  readonly head: Pick<Manifest, "version" | "createdAt"> & { readonly format: typeof BACKUP_FORMAT };
  readonly control: Snapshot;
  readonly destination: Snapshot | undefined;
}

async function save({ archive, head, control, destination, project, variables }: Saving): Promise<Manifest> {
  const files = await saveFiles(project, archive);
  const savedControl = await saveControl(control, archive);
  const savedDestination = destination === undefined ? null : await saveDestination(destination, archive);
  const storage = await saveStorageList(project, archive);
  return {
    ...head,
    parts: archive.parts.slice(),
    control: savedControl,
    destination: savedDestination,
    files,
    variables: [...variables],
    storage,
  };
}

async function refuseExisting(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `${path} is there already`, {
    hint: "Name another file, or say --overwrite.",
    details: { path },
  });
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
}
