import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedPostgres } from "../embedded/embedded-postgres.ts";
import { ArchiveReader } from "./archive/archive-reader.ts";
import { copyOut } from "./database/copy-out.ts";
import { loadControl } from "./database/load-control.ts";
import { loadDestination } from "./database/load-destination.ts";
import type { Manifest, SavedTable } from "./manifest.ts";
import { inDatabase } from "./restore-backup.ts";

/** A table that is not what it was when it is restored. */
export interface WrongTable {
  readonly table: string;
  readonly expectedRows: number;
  readonly rows: number;
}

/** What verifying came to. */
export interface VerifiedBackup {
  readonly manifest: Manifest;
  readonly tables: number;
  readonly rows: number;
  /** Tables with other rows than were saved; none where the backup is good. */
  readonly wrong: readonly WrongTable[];
}

/** Two empty databases, one for each part of a backup. */
interface Empty {
  readonly controlUrl: string;
  readonly destinationUrl: string;
  close(): Promise<void>;
}

/**
 * Restores a backup into a PostgreSQL that is made for it and thrown away after, and compares the count and the hash of the
 * rows of each table. Touches no database of the project. Fails with MLR_BACKUP_DAMAGED, MLR_CONTROL_VERSION,
 * MLR_DATABASE_START or MLR_BACKUP_FAILED.
 */
export async function verifyBackup(path: string): Promise<VerifiedBackup> {
  const archive = await ArchiveReader.open(path);
  try {
    const empty = await startEmpty();
    try {
      return await compare(archive, empty);
    } finally {
      await empty.close();
    }
  } finally {
    await archive.close();
  }
}

async function compare(
  archive: ArchiveReader,
  { controlUrl, destinationUrl }: Empty,
): Promise<VerifiedBackup> {
  const { manifest } = archive;
  const { control, destination } = manifest;
  const wrong = await restored(controlUrl, control.tables, (client) => loadControl(client, archive, control));
  if (destination !== null) {
    const load = (client: Parameters<typeof loadDestination>[0]): Promise<void> =>
      loadDestination(client, archive, destination);
    wrong.push(...(await restored(destinationUrl, destination.tables, load)));
  }
  const tables = [...control.tables, ...(destination?.tables ?? [])];
  return { manifest, tables: tables.length, rows: tables.reduce((sum, { rows }) => sum + rows, 0), wrong };
}

async function restored(
  url: string,
  tables: readonly SavedTable[],
  load: (client: Parameters<typeof loadControl>[0]) => Promise<void>,
): Promise<WrongTable[]> {
  return inDatabase(url, async (client) => {
    await client.query("BEGIN");
    await load(client);
    await client.query("COMMIT");
    const wrong: WrongTable[] = [];
    for (const table of tables) {
      const found = await copyOut(client, table, () => Promise.resolve());
      if (found.rows === table.rows && found.digest() === table.digest) continue;
      wrong.push({ table: `${table.schema}.${table.name}`, expectedRows: table.rows, rows: found.rows });
    }
    return wrong;
  });
}

async function startEmpty(): Promise<Empty> {
  const root = join(tmpdir(), `millrace-verify-${randomUUID().slice(0, 8)}`);
  const directory = join(root, "postgres");
  const close = async (): Promise<void> => {
    await EmbeddedPostgres.reset({ directory, confirm: true });
    await rm(root, { recursive: true, force: true });
  };
  try {
    const server = await EmbeddedPostgres.ensure({ directory });
    return { controlUrl: server.controlUrl, destinationUrl: server.url(), close };
  } catch (error) {
    await close();
    throw error;
  }
}
