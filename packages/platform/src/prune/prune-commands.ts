import type pg from "pg";
import type { PruneOptions } from "./prune-options.ts";
import { pruneRows } from "./prune-rows.ts";

/** Deletes commands that are done or have failed: those that were given before a time, and all but the newest `keep`. */
export function pruneCommands(pool: pg.Pool, { olderThan, keep, ...how }: PruneOptions): Promise<number> {
  return pruneRows(
    pool,
    {
      table: "commands",
      key: ["id"],
      values: [olderThan ?? null, keep ?? null],
      doomed: [
        `SELECT id FROM millrace_control.commands
         WHERE status IN ('done', 'failed') AND (requested_at < $1::timestamptz OR requested_at < (
           SELECT min(newest.requested_at) FROM (
             SELECT requested_at FROM millrace_control.commands ORDER BY requested_at DESC LIMIT $2::bigint) AS newest
           WHERE $2::bigint IS NOT NULL))`,
      ],
    },
    how,
  );
}
