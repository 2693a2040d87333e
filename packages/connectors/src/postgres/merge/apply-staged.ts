import { MillraceError } from "@millrace/core";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { StagingTable } from "../stage/staging-table.ts";
import type { TableSql } from "../sql/table-sql.ts";
import type { MergeSql } from "./merge-sql.ts";
import { liesBehind, sampleStaged } from "./staged-rows.ts";

/** Up to this many staged rows one statement does it all. */
const AT_ONCE_ROWS = 1_000;
/** Tries when another writer changes the same rows at the same time. */
const TRIES = 3;

/** What merging the staged rows did. */
export interface Merged {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly restored: number;
  /** Live rows that no staged one has the key of; undefined where nobody looked. They stand in the diff table. */
  readonly absent?: number;
  /** Prefixes of the hashes that the updated rows had, eight bytes each; absent where nobody asked. */
  readonly before: Buffer | undefined;
}

export interface ApplyOptions {
  readonly context: SessionContext;
  readonly sql: MergeSql;
  readonly target: TableSql;
  readonly stage: StagingTable;
  /** Quoted name of the temporary table for the differences. */
  readonly diff: string;
  /** The history may hold removals. */
  readonly restorable: boolean;
  /** The staged rows are all there are, so that others are to be found as well. */
  readonly whole: boolean;
  /** Whether the hashes before the update are wanted. */
  readonly wantsBefore: boolean;
  /** Changes with every change of the statements. */
  readonly version: string;
}

/**
 * Merges the staged rows (one per key) into the table: the old versions to the history, then updates and inserts. Where the
 * counts show that somebody else wrote at the same time, starts over.
 * Fails with MLR_DESTINATION_CONFLICT where that does not help.
 */
export async function applyStaged(options: ApplyOptions): Promise<Merged> {
  if (options.stage.rows === 0)
    return { inserted: 0, updated: 0, unchanged: 0, restored: 0, before: undefined };
  const { context } = options;
  const table = options.target.table.name;
  const what = `merging into table "${table}"`;
  for (let attempt = 1; ; attempt++) {
    await runSql(context, what, "SAVEPOINT merging");
    const merged = await applyOnce(options, what).catch((error: unknown) => {
      if (isForeignInsert(error) && attempt < TRIES) return undefined;
      throw error;
    });
    if (merged !== undefined) {
      await runSql(context, what, "RELEASE SAVEPOINT merging");
      return merged;
    }
    await runSql(context, what, "ROLLBACK TO SAVEPOINT merging");
    if (attempt >= TRIES) throw conflict(table);
  }
}

/** Undefined where another writer came between. */
function applyOnce(options: ApplyOptions, what: string): Promise<Merged | undefined> {
  return options.stage.rows <= AT_ONCE_ROWS ? applyAtOnce(options, what) : applyInSteps(options, what);
}

interface AtOnceRow {
  changed: string;
  fresh: string;
  archived: string;
  updated: string;
  inserted: string;
  restored: string;
  before: Buffer | null;
}

async function applyAtOnce(options: ApplyOptions, what: string): Promise<Merged | undefined> {
  const { context, sql, stage, restorable, version } = options;
  const { rows } = await runSql<AtOnceRow>(
    context,
    what,
    { name: `merge_${version}${restorable ? "_r" : ""}`, text: sql.atOnce(restorable) },
    [context.run],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const changed = Number(row.changed);
  const inserted = Number(row.fresh);
  await context.step("diffed");
  if (
    Number(row.archived) !== changed ||
    Number(row.updated) !== changed ||
    Number(row.inserted) !== inserted
  )
    return undefined;
  return {
    inserted,
    updated: changed,
    unchanged: stage.rows - changed - inserted,
    restored: Number(row.restored),
    before: row.before ?? undefined,
  };
}

async function applyInSteps(options: ApplyOptions, what: string): Promise<Merged | undefined> {
  const { context, stage, whole, wantsBefore } = options;
  const first = await insertFirst(options, what);
  if (first?.rowCount === stage.rows) {
    await context.step("diffed");
    return { inserted: stage.rows, updated: 0, unchanged: 0, restored: 0, before: undefined };
  }
  const found = await findDifferences(options, what);
  await context.step("diffed");
  const { updated, absent } = found;
  if (updated > 0 && !(await writeUpdates(options, what, updated))) return undefined;
  const restored = found.inserted > 0 ? await writeInserts(options, what, found.inserted) : 0;
  if (restored === undefined) return undefined;
  const before = wantsBefore && updated > 0 ? await prefixesBefore(options, what) : undefined;
  const inserted = found.inserted + (first?.rowCount ?? 0);
  const unchanged = stage.rows - updated - inserted;
  return { inserted, updated, unchanged, restored, before, ...(whole ? { absent } : {}) };
}

/** Fills the diff table; counts what is in it. */
async function findDifferences(
  { context, sql, diff, whole }: ApplyOptions,
  what: string,
): Promise<{ readonly updated: number; readonly absent: number; readonly inserted: number }> {
  const bare = diff.slice(diff.indexOf(".") + 1);
  await runSql(
    context,
    what,
    `CREATE TEMPORARY TABLE IF NOT EXISTS ${bare} (staged tid, live tid, before bytea); TRUNCATE ${diff}`,
  );
  const differing = await runSql(
    context,
    what,
    `INSERT INTO ${diff} (staged, live, before) ${whole ? sql.allDifferences : sql.differences}`,
  );
  const { rows } = await runSql<{ changed: string; absent: string }>(
    context,
    what,
    `SELECT count(live) FILTER (WHERE staged IS NOT NULL) AS changed, count(*) FILTER (WHERE staged IS NULL) AS absent FROM ${diff}`,
  );
  const updated = Number(rows[0]?.changed ?? 0);
  const absent = Number(rows[0]?.absent ?? 0);
  return { updated, absent, inserted: differing.rowCount - updated - absent };
}

/** False where another writer came between. */
async function writeUpdates({ context, sql }: ApplyOptions, what: string, rows: number): Promise<boolean> {
  const archived = await runSql(context, what, sql.archive(), [context.run]);
  const written = await runSql(context, what, sql.update(), [context.run]);
  return archived.rowCount === rows && written.rowCount === rows;
}

/** How many of the inserted rows had been removed before; undefined where another writer came between. */
async function writeInserts(options: ApplyOptions, what: string, rows: number): Promise<number | undefined> {
  const { context, sql, stage, restorable } = options;
  const restored = restorable ? await countRestored(options, what) : 0;
  const statement = rows === stage.rows ? sql.insertAll() : sql.insert();
  const written = await runSql(context, what, statement, [context.run]);
  return written.rowCount === rows ? restored : undefined;
}

/** Where rows seem to be new, inserts those that are before anything is compared: mostly nothing is left then. */
async function insertFirst(options: ApplyOptions, what: string): Promise<{ rowCount: number } | undefined> {
  const { context, sql, restorable, target, stage } = options;
  if (restorable || (await sampleStaged(context, target, stage))?.known !== 0) return undefined;
  const statement = (await liesBehind(context, target, stage)) ? sql.insertAll() : sql.insertNew();
  return runSql(context, what, statement, [context.run]);
}

async function countRestored({ context, sql }: ApplyOptions, what: string): Promise<number> {
  const { rows } = await runSql<{ n: string }>(context, what, sql.restored());
  return Number(rows[0]?.n ?? 0);
}

/** Prefixes of the hashes that the updated rows had. */
async function prefixesBefore({ context, diff }: ApplyOptions, what: string): Promise<Buffer | undefined> {
  const { rows } = await runSql<{ before: Buffer | null }>(
    context,
    what,
    `SELECT string_agg(before, ''::bytea) AS before FROM ${diff} WHERE live IS NOT NULL`,
  );
  return rows[0]?.before ?? undefined;
}

/** Somebody else inserted the same key after the differences were taken. */
function isForeignInsert(error: unknown): boolean {
  return error instanceof MillraceError && error.details["sqlstate"] === "23505";
}

/** The error for rows that somebody else changes at the same time, again and again. */
export function conflict(table: string): MillraceError {
  return new MillraceError(
    "MLR_DESTINATION_CONFLICT",
    `somebody else keeps changing the same rows of table "${table}" at the same time`,
    { hint: "Nothing was committed. Find the other writer in pg_stat_activity.", details: { table } },
  );
}
