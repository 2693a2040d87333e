import type pg from "pg";
import { orderEvents } from "./read-events.ts";

/** What goes. */
export interface PruneOptions {
  /** What is from before this time goes. */
  readonly olderThan?: Date;
  /** Only so many, the newest ones, stay. */
  readonly keep?: number;
}

/** Rows that are deleted in one transaction. */
const AT_ONCE = 5_000;

/**
 * Deletes old events, except those that a subscriber which was there in the last seven days has still to handle. Positions
 * of subscribers that were not there for 90 days go as well. Returns how many events it deleted.
 */
export async function pruneEvents(pool: pg.Pool, options: PruneOptions): Promise<number> {
  await orderEvents(pool);
  await pool.query(
    "DELETE FROM millrace_control.event_cursors WHERE beat_at < clock_timestamp() - interval '90 days'",
  );
  let deleted = 0;
  for (;;) {
    const { rowCount } = await pool.query(PRUNE, [options.olderThan ?? null, options.keep ?? null]);
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < AT_ONCE) return deleted;
  }
}

const PRUNE = `
  DELETE FROM millrace_control.events WHERE id IN (
    SELECT id FROM millrace_control.events
    WHERE (at < $1::timestamptz
        OR id <= (SELECT id FROM millrace_control.events ORDER BY id DESC OFFSET $2::bigint LIMIT CASE WHEN $2::bigint IS NULL THEN 0 ELSE 1 END))
      AND seq <= coalesce((SELECT min(seq) FROM millrace_control.event_cursors
        WHERE beat_at > clock_timestamp() - interval '7 days'), 9223372036854775807)
    LIMIT ${AT_ONCE})`;
