import type pg from "pg";
import type { PruneOptions } from "./prune-options.ts";

/** Rows that are deleted in one transaction: it holds their locks for some ten milliseconds. */
const AT_ONCE = 5_000;

/** Rows of one table that are to go. */
export interface DoomedRows {
  /** In schema `millrace_control`. */
  readonly table: string;
  /** The columns that identify a row. */
  readonly key: readonly string[];
  /** Statements that find the keys of rows that are to go; one after the other. They share the values. */
  readonly doomed: readonly string[];
  readonly values: readonly unknown[];
}

/** Deletes rows, a few thousand in each transaction. Returns how many. */
export async function pruneRows(
  pool: pg.Pool,
  rows: DoomedRows,
  { dryRun = false, signal }: Pick<PruneOptions, "dryRun" | "signal">,
): Promise<number> {
  const { table, key, doomed, values } = rows;
  if (dryRun) {
    const found = await pool.query<{ count: string }>(
      `SELECT count(*) AS count FROM (${doomed.map((each) => `(${each})`).join(" UNION ")}) AS doomed`,
      [...values],
    );
    return Number(found.rows[0]?.count ?? 0);
  }
  let deleted = 0;
  for (const each of doomed) {
    for (let last = AT_ONCE; last >= AT_ONCE && signal?.aborted !== true; deleted += last) {
      const { rowCount } = await pool.query(
        `DELETE FROM millrace_control.${table} WHERE (${key.join(", ")}) IN (${each} LIMIT ${AT_ONCE})`,
        [...values],
      );
      last = rowCount ?? 0;
    }
  }
  return deleted;
}
