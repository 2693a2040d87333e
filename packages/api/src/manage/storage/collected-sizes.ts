import type { z } from "zod";
import type { ApiContext } from "../../server/api-context.ts";
import type { CollectedTableSize } from "./schemas.ts";

/** Collected tables, largest first, with their sizes as far as their places tell them. A reader that fails tells none. */
export async function collectedSizes({
  tables,
}: Pick<ApiContext, "tables">): Promise<z.output<typeof CollectedTableSize>[]> {
  const found = await tables.tables().catch(() => ({ tables: [] }));
  return found.tables
    .map(({ table, pipelines, location, bytes = null, estimatedRows = null }) => ({
      table,
      pipelines: [...pipelines],
      location,
      bytes,
      rows: estimatedRows,
    }))
    .toSorted((a, b) => (b.bytes ?? -1) - (a.bytes ?? -1) || (a.table < b.table ? -1 : 1));
}
