import { MillraceError } from "@millrace/core";
import type pg from "pg";
import type { ArchiveWriter } from "../archive/archive-writer.ts";
import { backupFailure } from "../backup-failure.ts";
import type { SavedControl, SavedMigration, SavedPartition } from "../manifest.ts";
import { CONTROL_SCHEMA } from "./load-control.ts";
import type { Snapshot } from "./open-snapshot.ts";
import { lockTables, readSequences, readTables } from "./read-catalogue.ts";
import { saveTables } from "./save-tables.ts";

/** Writes the control tables into the archive. Fails with MLR_BACKUP_FAILED. */
export async function saveControl(snapshot: Snapshot, archive: ArchiveWriter): Promise<SavedControl> {
  const { client, consistentAt, server } = snapshot;
  try {
    await refuseEmpty(client);
    const schemas = [CONTROL_SCHEMA];
    const tables = (await readTables(client, schemas)).filter(({ name }) => name !== "schema_migrations");
    await lockTables(client, tables);
    const migrations = await readMigrated(client);
    const partitions = await readPartitions(client);
    const saved = await saveTables(snapshot, tables, archive, "control");
    // Later than the rows, so that no number that a row has is given again.
    const sequences = await readSequences(client, schemas);
    return {
      consistentAt,
      snapshot: snapshot.snapshot,
      server,
      migrations,
      partitions,
      tables: saved,
      sequences,
    };
  } catch (error) {
    throw backupFailure("The control database cannot be read", error);
  }
}

async function refuseEmpty(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ found: string | null }>("SELECT to_regclass($1) AS found", [
    `${CONTROL_SCHEMA}.schema_migrations`,
  ]);
  if (rows[0]?.found != null) return;
  throw new MillraceError(
    "MLR_BACKUP_FAILED",
    "The control database has no tables yet: there is nothing to save",
    {
      hint: "They are made by the first run. Where there were runs, another database is named: see `millrace settings`.",
    },
  );
}

async function readMigrated(client: pg.Client): Promise<SavedMigration[]> {
  const { rows } = await client.query<SavedMigration>(
    `SELECT version, name, checksum FROM ${CONTROL_SCHEMA}.schema_migrations ORDER BY version`,
  );
  return rows;
}

async function readPartitions(client: pg.Client): Promise<SavedPartition[]> {
  const { rows } = await client.query<SavedPartition>(
    `SELECT parent.relname AS parent, class.relname AS name, pg_get_expr(class.relpartbound, class.oid) AS bound
     FROM pg_inherits JOIN pg_class AS class ON class.oid = inhrelid JOIN pg_class AS parent ON parent.oid = inhparent
     JOIN pg_namespace AS space ON space.oid = class.relnamespace
     WHERE nspname = $1 AND class.relispartition AND class.relkind = 'r' ORDER BY 1, 2`,
    [CONTROL_SCHEMA],
  );
  return rows;
}
