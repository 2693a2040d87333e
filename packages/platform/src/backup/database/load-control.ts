import type pg from "pg";
import { applyMigration, migrationsBeyond, readMigrations } from "../../store/migrate.ts";
import type { ArchiveReader } from "../archive/archive-reader.ts";
import type { SavedControl } from "../manifest.ts";
import { loadTables, setSequences } from "./load-tables.ts";

/** Where the control tables are, in whichever database. */
export const CONTROL_SCHEMA = "millrace_control";

/**
 * Makes the control tables anew as the backup's version had them, fills them, and brings them up to this version: within
 * the transaction that is open. Fails with MLR_CONTROL_VERSION where a newer version wrote the backup.
 */
export async function loadControl(
  client: pg.Client,
  archive: ArchiveReader,
  control: SavedControl,
): Promise<void> {
  const migrations = await readMigrations();
  const later = migrationsBeyond(migrations, control.migrations);
  await client.query(`DROP SCHEMA IF EXISTS ${CONTROL_SCHEMA} CASCADE; CREATE SCHEMA ${CONTROL_SCHEMA};
    CREATE TABLE ${CONTROL_SCHEMA}.schema_migrations (
      version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())`);
  for (const each of migrations) if (!later.includes(each)) await applyMigration(client, each);
  for (const { parent, name, bound } of control.partitions) {
    await client.query(
      `CREATE TABLE ${CONTROL_SCHEMA}.${client.escapeIdentifier(name)}
       PARTITION OF ${CONTROL_SCHEMA}.${client.escapeIdentifier(parent)} ${bound}`,
    );
  }
  await fill(client, archive, control);
  for (const each of later) await applyMigration(client, each);
}

/** Rows come as they were: what triggers would make of them is in the backup as well. */
async function fill(client: pg.Client, archive: ArchiveReader, control: SavedControl): Promise<void> {
  const tables = control.tables.map(({ name }) => `${CONTROL_SCHEMA}.${client.escapeIdentifier(name)}`);
  if (tables.length > 0) await client.query(`TRUNCATE ${tables.join(", ")}`);
  for (const table of tables) await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  await loadTables(client, archive, control.tables);
  await client.query("SET CONSTRAINTS ALL IMMEDIATE");
  await setSequences(client, control.sequences);
  for (const table of tables) await client.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
}
