import type pg from "pg";
import type { ArchiveWriter } from "../archive/archive-writer.ts";
import { backupFailure } from "../backup-failure.ts";
import type { SavedDestination } from "../manifest.ts";
import { CONTROL_SCHEMA } from "./load-control.ts";
import type { Snapshot } from "./open-snapshot.ts";
import { lockTables, readSequences, readTables } from "./read-catalogue.ts";
import { readDefinitions } from "./read-definitions.ts";
import { saveTables } from "./save-tables.ts";

/** Writes every table of the default destination into the archive, with what makes them. Fails with MLR_BACKUP_FAILED. */
export async function saveDestination(snapshot: Snapshot, archive: ArchiveWriter): Promise<SavedDestination> {
  const { client, consistentAt, server } = snapshot;
  try {
    const schemas = await readSchemas(client);
    const tables = await readTables(client, schemas);
    await lockTables(client, tables);
    const definitions = await readDefinitions(client, schemas);
    const saved = await saveTables(snapshot, tables, archive, "destination");
    const sequences = await readSequences(client, schemas);
    return { consistentAt, snapshot: snapshot.snapshot, server, tables: saved, sequences, ...definitions };
  } catch (error) {
    throw backupFailure("The default destination cannot be read", error);
  }
}

/** The schemas of a database that are neither PostgreSQL's nor the control tables'. */
export async function readSchemas(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace
     WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', $1) ORDER BY nspname COLLATE "C"`,
    [CONTROL_SCHEMA],
  );
  return rows.map(({ name }) => name);
}
