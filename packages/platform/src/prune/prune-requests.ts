import type pg from "pg";
import type { PruneOptions } from "./prune-options.ts";
import { pruneRows } from "./prune-rows.ts";

/** Deletes the keys of requests of the API a day after them, however long other things are kept. */
export function pruneRequests(pool: pg.Pool, { dryRun, signal }: PruneOptions): Promise<number> {
  return pruneRows(
    pool,
    {
      table: "idempotency_keys",
      key: ["identity", "route", "key"],
      values: [],
      doomed: [
        `SELECT identity, route, key FROM millrace_control.idempotency_keys
         WHERE created_at < clock_timestamp() - interval '1 day'`,
      ],
    },
    { dryRun, signal },
  );
}
