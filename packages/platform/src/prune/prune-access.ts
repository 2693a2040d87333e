import type pg from "pg";
import type { PruneOptions } from "./prune-options.ts";
import { pruneRows } from "./prune-rows.ts";

/** Deletes lines of the audit log that are from before a time. */
export function pruneAudit(pool: pg.Pool, { olderThan, ...how }: PruneOptions): Promise<number> {
  return pruneRows(
    pool,
    {
      table: "audit",
      key: ["id"],
      values: [olderThan ?? null],
      doomed: ["SELECT id FROM millrace_control.audit WHERE at < $1::timestamptz"],
    },
    how,
  );
}

/**
 * Deletes what signs nobody in any more, however young: sessions and links that have expired, and counts of failures that
 * are over.
 */
export async function pruneSignIns(
  pool: pg.Pool,
  { dryRun, signal }: Pick<PruneOptions, "dryRun" | "signal">,
): Promise<number> {
  const expired = [
    { table: "sessions", key: "id", until: "expires_at" },
    { table: "sign_in_links", key: "token_hash", until: "expires_at" },
    { table: "sign_in_failures", key: "subject", until: "until" },
  ];
  let deleted = 0;
  for (const { table, key, until } of expired) {
    const doomed = [`SELECT ${key} FROM millrace_control.${table} WHERE ${until} < clock_timestamp()`];
    deleted += await pruneRows(pool, { table, key: [key], values: [], doomed }, { dryRun, signal });
  }
  return deleted;
}

/** Deletes API tokens that expired or were revoked before a time. */
export function pruneTokens(pool: pg.Pool, { olderThan, ...how }: PruneOptions): Promise<number> {
  return pruneRows(
    pool,
    {
      table: "api_tokens",
      key: ["id"],
      values: [olderThan ?? null],
      doomed: [
        `SELECT id FROM millrace_control.api_tokens
         WHERE least(expires_at, revoked_at) < $1::timestamptz`,
      ],
    },
    how,
  );
}
