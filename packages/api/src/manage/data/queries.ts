import type pg from "pg";

const DAY_MS = 86_400_000;

interface UsageRow {
  readonly table: string;
  readonly role: string;
  readonly requests: number;
  readonly refused: number;
  readonly failed: number;
  readonly cached: number;
  readonly bytes: number;
}

/** What was asked of each table by each role since so many days. */
export async function readUsage(pool: pg.Pool, now: number, days: number): Promise<UsageRow[]> {
  const { rows } = await pool.query<UsageRow>(
    `SELECT data_table AS "table", role, sum(requests)::float8 AS requests, sum(refused)::float8 AS refused, sum(failed)::float8 AS failed,
       sum(cached)::float8 AS cached, sum(bytes)::float8 AS bytes
     FROM millrace_control.data_usage WHERE hour >= $1 GROUP BY data_table, role ORDER BY 3 DESC, 1, 2 LIMIT 1000`,
    [new Date(now - days * DAY_MS)],
  );
  return rows;
}

/** Requests of the last seven days by key. */
export async function requestsByKey(pool: pg.Pool, now: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ key_id: string; requests: number }>(
    "SELECT key_id, sum(requests)::float8 AS requests FROM millrace_control.data_usage WHERE hour >= $1 GROUP BY key_id",
    [new Date(now - 7 * DAY_MS)],
  );
  return new Map(rows.map(({ key_id: key, requests }) => [key, requests]));
}

interface ClientRow {
  readonly id: string;
  readonly name: string;
  readonly hint: string;
  readonly user: string;
  readonly streams: string[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly last_used_address: string | null;
  readonly revoked_at: Date | null;
}

interface StreamRow {
  readonly stream: string;
  readonly pipeline: string;
  readonly open: boolean;
  readonly last_run_at: Date | null;
  readonly queued: number;
  readonly refused: number;
}

/** Who pushes rows, and where to. */
export async function readIngestClients(pool: pg.Pool) {
  const [clients, streams] = await Promise.all([
    pool.query<ClientRow>(
      `SELECT token.id, token.name, token.hint, users.name AS user, streams, token.created_at, token.expires_at, last_used_at, last_used_address, revoked_at
       FROM millrace_control.api_tokens AS token JOIN millrace_control.users ON users.id = user_id
       WHERE streams IS NOT NULL ORDER BY (revoked_at IS NULL) DESC, last_used_at DESC NULLS LAST, token.id LIMIT 1000`,
    ),
    pool.query<StreamRow>(
      `SELECT pushed->>'stream' AS stream, name AS pipeline, coalesce(enabled, declared_enabled) AND paused_at IS NULL AS open,
         (SELECT max(started_at) FROM millrace_control.runs WHERE runs.pipeline = pipelines.name AND trigger = 'push') AS last_run_at,
         (SELECT count(*)::int FROM millrace_control.push_queue WHERE stream = pushed->>'stream' AND failed_at IS NULL) AS queued,
         (SELECT count(*)::int FROM millrace_control.push_queue WHERE stream = pushed->>'stream' AND failed_at IS NOT NULL) AS refused
       FROM millrace_control.pipelines WHERE pushed IS NOT NULL AND retired_at IS NULL ORDER BY name LIMIT 1000`,
    ),
  ]);
  return {
    items: clients.rows.map((row) => ({
      ...{ id: row.id, name: row.name, hint: row.hint, user: row.user, streams: row.streams },
      createdAt: row.created_at.toISOString(),
      expiresAt: row.expires_at?.toISOString() ?? null,
      lastUsedAt: row.last_used_at?.toISOString() ?? null,
      lastUsedAddress: row.last_used_address,
      revokedAt: row.revoked_at?.toISOString() ?? null,
    })),
    streams: streams.rows.map(({ last_run_at: last, ...row }) => ({
      ...row,
      lastRunAt: last?.toISOString() ?? null,
    })),
  };
}
