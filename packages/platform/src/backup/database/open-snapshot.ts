import pg from "pg";
import { controlFailure } from "../../store/control-connection.ts";

/** A transaction that sees a database as it was at one moment, while others go on writing. */
export interface Snapshot {
  readonly client: pg.Client;
  /** ISO 8601, by the database's clock. */
  readonly consistentAt: string;
  readonly snapshot: string;
  readonly server: string;
  /** Ends it. Idempotent. */
  close(): Promise<void>;
}

/** So that texts mean the same wherever and whenever they are read back. */
export const NEUTRAL_SETTINGS = `SET client_encoding = 'UTF8'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601';
  SET TimeZone = 'UTC'; SET extra_float_digits = 3; SET bytea_output = 'hex'; SET lc_monetary = 'C'; SET search_path = pg_catalog;
  SET synchronize_seqscans = off; SET statement_timeout = 0; SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = 0`;

/** Opens a connection and a read-only transaction of isolation level REPEATABLE READ. Fails with MLR_CONTROL_UNAVAILABLE. */
export async function openSnapshot(url: string): Promise<Snapshot> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: "millrace backup",
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(NEUTRAL_SETTINGS);
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const { rows } = await client.query<{ at: Date; snapshot: string; server: string }>(
      "SELECT clock_timestamp() AS at, pg_current_snapshot()::text AS snapshot, current_setting('server_version') AS server",
    );
    const [row] = rows;
    if (row === undefined) throw new Error("the database told no snapshot");
    const close = async (): Promise<void> => client.end().catch(() => undefined);
    return { client, consistentAt: row.at.toISOString(), snapshot: row.snapshot, server: row.server, close };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw controlFailure(error, url);
  }
}
