import type pg from "pg";
import type { ArchiveReader } from "../archive/archive-reader.ts";
import type { SavedDestination } from "../manifest.ts";
import { loadTables, setSequences } from "./load-tables.ts";
import { readSchemas } from "./save-destination.ts";

/** Makes the destination's tables and fills them, within the transaction that is open. What else is there goes first. */
export async function loadDestination(
  client: pg.Client,
  archive: ArchiveReader,
  destination: SavedDestination,
): Promise<void> {
  for (const schema of await readSchemas(client)) {
    await client.query(`DROP SCHEMA ${client.escapeIdentifier(schema)} CASCADE`);
  }
  for (const statement of destination.before) await client.query(statement);
  await loadTables(client, archive, destination.tables);
  // Functions may name tables that other statements are yet to make.
  await client.query("SET LOCAL check_function_bodies = off");
  for (const statement of destination.after) await client.query(statement);
  await setSequences(client, destination.sequences);
}
