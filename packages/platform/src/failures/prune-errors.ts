import type pg from "pg";
import type { PruneOptions } from "../prune/prune-options.ts";
import { pruneRows } from "../prune/prune-rows.ts";

/** Deletes which runs had which error, from before a time, and the errors that nobody has had since. Returns how many runs. */
export async function pruneErrors(pool: pg.Pool, { olderThan, keep, ...how }: PruneOptions): Promise<number> {
  const rows = await pruneRows(
    pool,
    {
      table: "error_runs",
      key: ["fingerprint", "at", "run"],
      values: [olderThan ?? null, keep ?? null],
      doomed: [DOOMED],
    },
    how,
  );
  if (olderThan === undefined || how.dryRun === true) return rows;
  await pool.query(
    `WITH gone AS (DELETE FROM millrace_control.error_groups WHERE last_seen_at < $1 RETURNING fingerprint),
       pipelines AS (DELETE FROM millrace_control.error_pipelines USING gone WHERE error_pipelines.fingerprint = gone.fingerprint)
     DELETE FROM millrace_control.error_days USING gone WHERE error_days.fingerprint = gone.fingerprint`,
    [olderThan],
  );
  return rows;
}

const DOOMED = `
  SELECT fingerprint, at, run FROM millrace_control.error_runs
  WHERE at < $1::timestamptz OR at < (
    SELECT at FROM millrace_control.error_runs WHERE $2::bigint IS NOT NULL ORDER BY at DESC OFFSET $2::bigint LIMIT 1)`;
