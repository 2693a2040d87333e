import { MillraceError, nearest } from "@millrace/core";
import type { z } from "zod";
import type { ApiContext } from "../../server/api-context.ts";
import type { CollectedTable } from "../../table-reader.ts";
import { lastRuns } from "./queries.ts";
import type { CollectedTable as TableSummary, TableDetail, TablesPage, TablesQuery } from "./schemas.ts";

type Places = Pick<ApiContext, "tables" | "pool">;

/** A page of the tables, by id. */
export async function listTables(
  { tables, pool }: Places,
  { search, pipeline, after, limit }: z.output<typeof TablesQuery>,
): Promise<z.input<typeof TablesPage>> {
  const all = await tables.tables();
  const part = search?.toLowerCase();
  const found = all.tables.filter(
    (table) =>
      (part === undefined || table.table.toLowerCase().includes(part)) &&
      (pipeline === undefined || table.pipelines.includes(pipeline)) &&
      (after === undefined || table.id > after),
  );
  const page = found.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  const runs = await lastRuns(pool, page);
  const last = page.at(-1);
  return {
    items: page.map((table) => summaryOf(table, runs)),
    unreachable: all.unreachable.map((place) => ({ ...place, pipelines: [...place.pipelines] })),
    ...(found.length > page.length && last !== undefined ? { next: last.id } : {}),
  };
}

function summaryOf(
  table: CollectedTable,
  runs: Awaited<ReturnType<typeof lastRuns>>,
): z.input<typeof TableSummary> {
  return {
    ...table,
    pipelines: [...table.pipelines],
    bytes: table.bytes ?? null,
    estimatedRows: table.estimatedRows ?? null,
    lastRun: runs.get(table.id) ?? null,
  };
}

/** A table by its id, or by its name where only one has it. Fails with MLR_TABLE_NOT_FOUND. */
export async function findTable({ tables }: Pick<Places, "tables">, id: string): Promise<CollectedTable> {
  const { tables: all } = await tables.tables();
  const found = all.find((table) => table.id === id);
  if (found !== undefined) return found;
  const guess = nearest(
    id,
    all.map((table) => table.id),
  );
  throw new MillraceError("MLR_TABLE_NOT_FOUND", `no pipeline writes a table "${id}"`, {
    hint: guess === undefined ? "GET /api/v1/tables lists them." : `Did you mean "${guess}"?`,
    details: { table: id },
  });
}

/** A table with its columns. What of it cannot be read is null. */
export async function tableDetail(places: Places, id: string): Promise<z.input<typeof TableDetail>> {
  const table = await findTable(places, id);
  const runs = await lastRuns(places.pool, [table]);
  const { tables } = places;
  const [live, removed, refused] = table.browsable
    ? await Promise.all([
        tables.rows(table.id, { of: "live", limit: 1 }),
        absentAsUndefined(tables.rows(table.id, { of: "removed", limit: 1 })),
        absentAsUndefined(tables.quarantine(table.id, { limit: 1 })),
      ])
    : [];
  const summary = summaryOf(table, runs);
  return {
    ...summary,
    columns: live === undefined ? [] : [...live.columns],
    estimatedRows: live?.estimatedRows ?? summary.estimatedRows,
    removedRows: removed !== undefined,
    estimatedQuarantined: refused === undefined ? null : (refused.estimatedRows ?? refused.rows.length),
  };
}

/** Where a table keeps no such rows, that is no failure. */
async function absentAsUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof MillraceError && error.code === "MLR_ARGUMENT_INVALID") return undefined;
    throw error;
  }
}
