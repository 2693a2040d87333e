import type pg from "pg";

/** Errors that one transaction puts into groups. */
const AT_ONCE = 5_000;

/**
 * Puts the errors of runs that have ended into groups, by code and message. Called before groups are read, and now and then
 * besides; several processes may do so at the same time. Returns how many it were.
 */
export async function groupErrors(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  let moved = 0;
  for (let last = AT_ONCE; last >= AT_ONCE && signal?.aborted !== true; moved += last) {
    const { rows } = await pool.query<{ moved: number | null }>(
      `SELECT CASE WHEN EXISTS (SELECT FROM millrace_control.error_inbox) THEN millrace_control.group_errors($1) END AS moved`,
      [AT_ONCE],
    );
    last = rows[0]?.moved ?? 0;
  }
  return moved;
}
