import type pg from "pg";
import type { PruneOptions } from "../events/prune-events.ts";

/** Rows that are deleted in one transaction. */
const AT_ONCE = 5_000;

/**
 * Deletes old results: those of before a time, and all but the newest `keep` of each pipeline, table and rule. Returns how
 * many it deleted.
 */
export async function pruneQuality(pool: pg.Pool, { olderThan, keep }: PruneOptions): Promise<number> {
  let deleted = 0;
  if (olderThan !== undefined) deleted += await inParts(pool, OLD, olderThan);
  if (keep !== undefined) deleted += await inParts(pool, SURPLUS, keep);
  return deleted;
}

async function inParts(pool: pg.Pool, statement: string, value: Date | number): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { rowCount } = await pool.query(statement, [value]);
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < AT_ONCE) return deleted;
  }
}

const OLD = `
  DELETE FROM millrace_control.quality_results WHERE id IN (
    SELECT id FROM millrace_control.quality_results WHERE at < $1::timestamptz LIMIT ${AT_ONCE})`;

const SURPLUS = `
  DELETE FROM millrace_control.quality_results WHERE id IN (
    SELECT id FROM (
      SELECT id, row_number() OVER (PARTITION BY table_name, pipeline, rule ORDER BY at DESC, id DESC) AS place
      FROM millrace_control.quality_results) AS placed
    WHERE place > $1::bigint LIMIT ${AT_ONCE})`;
