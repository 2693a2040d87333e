import type pg from "pg";
import type { PruneOptions } from "../prune/prune-options.ts";
import { pruneRows } from "../prune/prune-rows.ts";

/**
 * Deletes old messages that were sent or given up, mutes that are over, and old problems, also those whose end nobody has seen.
 * Returns how many messages it deleted.
 */
export async function pruneNotifications(
  pool: pg.Pool,
  { olderThan, keep, ...how }: PruneOptions,
): Promise<number> {
  const values = [olderThan ?? null, keep ?? null];
  const rows = await pruneRows(pool, { table: "notifications", key: ["id"], doomed: [DOOMED], values }, how);
  if (olderThan !== undefined && how.dryRun !== true)
    for (const [table, column] of [
      ["notification_incidents", "last_at"],
      ["notification_mutes", "until"],
    ])
      await pool.query(`DELETE FROM millrace_control.${table} WHERE ${column} < $1`, [olderThan]);
  return rows;
}

const DOOMED = `
  SELECT id FROM millrace_control.notifications
  WHERE status IN ('sent', 'failed') AND (created_at < $1::timestamptz
    OR id IN (SELECT id FROM millrace_control.notifications ORDER BY created_at DESC, seq DESC
      OFFSET $2::bigint LIMIT CASE WHEN $2::bigint IS NULL THEN 0 END))`;
