import type { ArchiveWriter } from "../archive/archive-writer.ts";
import type { SavedTable } from "../manifest.ts";
import { copyOut, type TableName } from "./copy-out.ts";
import type { Snapshot } from "./open-snapshot.ts";

/** Writes the rows of tables into the archive, one table after another. @param folder of their entries */
export async function saveTables(
  { client }: Snapshot,
  tables: readonly TableName[],
  archive: ArchiveWriter,
  folder: string,
): Promise<SavedTable[]> {
  const saved: SavedTable[] = [];
  for (const [index, table] of tables.entries()) {
    // Names of tables may be longer than an archive's may: numbers stand in their place.
    const place = `${folder}/${String(index + 1).padStart(5, "0")}`;
    let parts = 0;
    const digest = await copyOut(client, table, async (part) => {
      parts += 1;
      await archive.addCompressed(`${place}/${String(parts).padStart(7, "0")}.copy.gz`, part);
    });
    saved.push({
      ...table,
      columns: [...table.columns],
      folder: place,
      rows: digest.rows,
      digest: digest.digest(),
    });
  }
  return saved;
}
