import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { ArchiveReader } from "../archive/archive-reader.ts";
import { backupDamaged } from "../backup-failure.ts";
import type { SavedSequence, SavedTable } from "../manifest.ts";

/** Puts the rows of tables back, within the transaction that is open. Fails with MLR_BACKUP_DAMAGED where rows are missing. */
export async function loadTables(
  client: pg.Client,
  archive: ArchiveReader,
  tables: readonly SavedTable[],
): Promise<void> {
  for (const { schema, name, columns, folder, rows } of tables) {
    const quoted = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
    const list =
      columns.length === 0 ? "" : `(${columns.map((column) => client.escapeIdentifier(column)).join(", ")})`;
    const stream = client.query(copyFrom(`COPY ${quoted} ${list} FROM STDIN`));
    await pipeline(Readable.from(archive.folder(folder)), stream);
    if (stream.rowCount !== rows) {
      throw backupDamaged(
        "The backup",
        `${schema}.${name} has ${stream.rowCount} rows, and ${rows} were written`,
      );
    }
  }
}

/** Sets sequences to where they were. */
export async function setSequences(client: pg.Client, sequences: readonly SavedSequence[]): Promise<void> {
  for (const { schema, name, of, last, called } of sequences) {
    const quoted = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
    if (of === null) {
      await client.query("SELECT setval($1::regclass, $2, $3)", [quoted, last, called]);
      continue;
    }
    const table = `${client.escapeIdentifier(of.schema)}.${client.escapeIdentifier(of.table)}`;
    await client.query("SELECT setval(pg_get_serial_sequence($1, $2)::regclass, $3, $4)", [
      table,
      of.column,
      last,
      called,
    ]);
  }
}
