import type pg from "pg";
import type { PruneOptions } from "../prune/prune-options.ts";
import { pruneRows } from "../prune/prune-rows.ts";

/**
 * Deletes old results: those of before a time, and all but the newest `keep` of each pipeline, table and rule. Returns how
 * many it deleted.
 */
export function pruneQuality(pool: pg.Pool, { olderThan, keep, ...how }: PruneOptions): Promise<number> {
  return pruneRows(
    pool,
    {
      table: "quality_results",
      key: ["id"],
      values: [olderThan ?? null, keep ?? null],
      doomed: [
        // Each names both values, so that their types are known.
        `SELECT id FROM millrace_control.quality_results WHERE at < $1::timestamptz AND ($2::bigint IS NULL OR true)`,
        `SELECT id FROM (
           SELECT id, row_number() OVER (PARTITION BY table_name, pipeline, rule ORDER BY at DESC, id DESC) AS place
           FROM millrace_control.quality_results) AS placed
         WHERE place > $2::bigint AND ($1::timestamptz IS NULL OR true)`,
      ],
    },
    how,
  );
}
