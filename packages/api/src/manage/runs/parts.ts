import type { RunFactsStore } from "@millrace/platform";
import type pg from "pg";
import type { z } from "zod";
import { listEvents } from "../events/queries.ts";
import { knownRun, noRun } from "../shared/known-run.ts";
import type { RunFilesPage, RunFunctions, RunObjects, RunTables } from "./schemas.ts";

/** What a run did to each table. */
export async function runTables(pool: pg.Pool, id: string): Promise<z.output<typeof RunTables>> {
  const { rows } = await pool.query<{ counts: Counts }>(
    "SELECT counts FROM millrace_control.runs WHERE id = $1",
    [id],
  );
  if (rows[0] === undefined) throw noRun(id);
  return { items: tablesOf(rows[0].counts) };
}

type Counts = Readonly<Record<string, Partial<Omit<TableItem, "table">>>>;
type TableItem = z.output<typeof RunTables>["items"][number];

/** The counts of a record, table by table; what an older version did not count is 0. */
export function tablesOf(counts: Counts): TableItem[] {
  const none = {
    read: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    removed: 0,
    restored: 0,
    rejected: 0,
    duplicates: 0,
  };
  return Object.entries(counts).map(([table, counted]) => ({ table, ...none, ...counted }));
}

/** A page of a run's events as JSON text, newest first. */
export async function runEvents(
  pool: pg.Pool,
  id: string,
  page: { readonly limit: number; readonly after?: string | undefined },
): Promise<string> {
  await knownRun(pool, id);
  return listEvents(pool, { ...page, run: id });
}

/** Tables, views and procedures that a run touched. */
export async function runObjects(
  pool: pg.Pool,
  facts: RunFactsStore,
  id: string,
): Promise<z.output<typeof RunObjects>> {
  await knownRun(pool, id);
  const objects = await facts.objectsOf(id);
  return { items: objects.map((object) => ({ ...object, namespace: object.namespace ?? null })) };
}

/** A page of the files that a run read, by name. */
export async function runFiles(
  pool: pg.Pool,
  facts: RunFactsStore,
  id: string,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<z.output<typeof RunFilesPage>> {
  await knownRun(pool, id);
  const files = await facts.filesOf(id, { after, limit: limit + 1 });
  const items = files.slice(0, limit).map((file) => ({ ...file, hash: file.hash ?? null }));
  const next = files.length > limit ? items.at(-1)?.name : undefined;
  return { items, ...(next === undefined ? {} : { next }) };
}

/** What a run's watched functions took. */
export async function runFunctions(
  pool: pg.Pool,
  facts: RunFactsStore,
  id: string,
): Promise<z.output<typeof RunFunctions>> {
  await knownRun(pool, id);
  return { items: [...(await facts.functionsOf(id))] };
}
