import type pg from "pg";
import type { PruneOptions } from "./prune-options.ts";
import { pruneRows } from "./prune-rows.ts";

/** The newest run of a pipeline that is one too many. Ids of runs grow with time. */
const SURPLUS = `
  surplus AS MATERIALIZED (
    SELECT known.pipeline, (
      SELECT id FROM millrace_control.runs AS run WHERE run.pipeline = known.pipeline
      ORDER BY id DESC OFFSET $2::bigint LIMIT 1) AS id
    FROM (SELECT DISTINCT pipeline FROM millrace_control.runs) AS known
    WHERE $2::bigint IS NOT NULL
  )`;

/**
 * Deletes records of runs that are over: those that ended before a time, and all but the newest `keep` of each pipeline. Of
 * each pipeline the latest stays, and the latest that succeeded: children and `status` look at them. Jobs of a task are runs.
 */
export function pruneRuns(pool: pg.Pool, { olderThan, keep, ...how }: PruneOptions): Promise<number> {
  return pruneRows(
    pool,
    {
      table: "runs",
      key: ["id"],
      values: [olderThan ?? null, keep ?? null],
      doomed: [
        `WITH ${SURPLUS}
         SELECT run.id FROM millrace_control.runs AS run LEFT JOIN surplus USING (pipeline)
         WHERE run.status NOT IN ('queued', 'running')
           AND (coalesce(run.finished_at, run.updated_at) < $1::timestamptz OR run.id <= surplus.id)
           AND run.id <> (
             SELECT latest.id FROM millrace_control.runs AS latest
             WHERE latest.pipeline = run.pipeline AND latest.status NOT IN ('queued', 'running')
             ORDER BY latest.id DESC LIMIT 1)
           AND run.id IS DISTINCT FROM (
             SELECT latest.id FROM millrace_control.runs AS latest
             WHERE latest.pipeline = run.pipeline AND latest.status = 'succeeded' ORDER BY latest.id DESC LIMIT 1)`,
      ],
    },
    how,
  );
}

/** Deletes calls of watched functions that are from before a time, or do not belong to the newest `keep` runs of their pipeline. */
export function pruneFunctionCalls(pool: pg.Pool, options: PruneOptions): Promise<number> {
  return pruneOfRuns(pool, { table: "function_calls", key: ["run", "attempt", "name"] }, options);
}

/** Deletes what runs touched before a time, or that do not belong to the newest `keep` runs of their pipeline. */
export function pruneRunObjects(pool: pg.Pool, options: PruneOptions): Promise<number> {
  const key = ["run", "database", "namespace", "name", "kind", "use"];
  return pruneOfRuns(pool, { table: "run_objects", key }, options);
}

/** Deletes what is known of files that runs read before a time, or that do not belong to the newest `keep` runs of their pipeline. */
export function pruneFiles(pool: pg.Pool, options: PruneOptions): Promise<number> {
  return pruneOfRuns(pool, { table: "files", key: ["run", "name"] }, options);
}

function pruneOfRuns(
  pool: pg.Pool,
  { table, key }: { readonly table: string; readonly key: readonly string[] },
  { olderThan, keep, ...how }: PruneOptions,
): Promise<number> {
  const columns = key.map((column) => `own.${column}`).join(", ");
  const doomed = [
    `WITH ${SURPLUS}
     SELECT ${columns} FROM millrace_control.${table} AS own LEFT JOIN surplus USING (pipeline)
     WHERE own.at < $1::timestamptz OR own.run <= surplus.id`,
  ];
  return pruneRows(pool, { table, key, doomed, values: [olderThan ?? null, keep ?? null] }, how);
}
