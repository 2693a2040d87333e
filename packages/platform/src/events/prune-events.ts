import type pg from "pg";
import type { PruneOptions } from "../prune/prune-options.ts";
import { pruneRows } from "../prune/prune-rows.ts";
import { orderEvents } from "./read-events.ts";

export type { PruneOptions };

/**
 * Deletes old events, except those that a subscriber which was there in the last seven days has still to handle. Positions
 * of subscribers that were not there for 90 days go as well. Returns how many events it deleted.
 */
export async function pruneEvents(pool: pg.Pool, { olderThan, keep, ...how }: PruneOptions): Promise<number> {
  if (how.dryRun !== true) {
    await orderEvents(pool);
    await pool.query(
      "DELETE FROM millrace_control.event_cursors WHERE beat_at < clock_timestamp() - interval '90 days'",
    );
  }
  const values = [olderThan ?? null, keep ?? null];
  return pruneRows(pool, { table: "events", key: ["id"], doomed: [DOOMED], values }, how);
}

const DOOMED = `
  SELECT id FROM millrace_control.events
  WHERE (at < $1::timestamptz
      OR id <= (SELECT id FROM millrace_control.events ORDER BY id DESC OFFSET $2::bigint LIMIT CASE WHEN $2::bigint IS NULL THEN 0 ELSE 1 END))
    AND seq <= coalesce((SELECT min(seq) FROM millrace_control.event_cursors
      WHERE beat_at > clock_timestamp() - interval '7 days'), 9223372036854775807)`;
