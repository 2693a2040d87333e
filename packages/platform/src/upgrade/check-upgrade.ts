import type pg from "pg";
import { inDatabase } from "../backup/restore-backup.ts";
import { applyMigration, appliedMigrations, migrationsBeyond, readMigrations } from "../store/migrate.ts";

/** A worker that is registered, and the version that it runs. */
export interface WorkerVersion {
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly alive: boolean;
}

/** What this version would change in a control database. */
export interface UpgradeCheck {
  /** Names of migrations that it has. */
  readonly applied: number;
  /** Names of migrations that it needs: the first start of this version applies them. */
  readonly pending: readonly string[];
  /** Whether they were tried, in a transaction that was undone. False where there are none, or somebody holds a table. */
  readonly tried: boolean;
  /** Why they were not tried. */
  readonly busy?: string;
  /** Version of the database's server. */
  readonly server: string;
  readonly workers: readonly WorkerVersion[];
}

/** Tables that are in use are waited for so long. */
const LOCK_TIMEOUT = "3s";
/** What PostgreSQL says when a lock is not had in time. */
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Tries what the first start of this version would do to a control database, and undoes it. Fails with MLR_CONTROL_VERSION
 * where a newer version has used the database, MLR_CONTROL_UNAVAILABLE where a migration fails or nobody answers.
 */
export async function checkUpgrade(controlUrl: string): Promise<UpgradeCheck> {
  return inDatabase(controlUrl, async (client) => {
    const have = await appliedMigrations(client);
    const pending = migrationsBeyond(await readMigrations(), have);
    const { rows } = await client.query<{ server: string }>(
      "SELECT current_setting('server_version') AS server",
    );
    const known = have.some(({ version }) => version >= WORKERS_SINCE);
    const workers = known ? (await client.query<WorkerVersion>(WORKERS)).rows : [];
    const found = {
      applied: have.length,
      pending: pending.map(({ name }) => name),
      server: rows[0]?.server ?? "",
      workers,
    };
    if (pending.length === 0) return { ...found, tried: false };
    const busy = await tryOut(client, have.length === 0, pending);
    return busy === undefined ? { ...found, tried: true } : { ...found, tried: false, busy };
  });
}

/** The migration that makes the table of workers. */
const WORKERS_SINCE = 2;

const WORKERS = `
  SELECT host, pid, version, millrace_control.worker_is_alive(one) AS alive
  FROM millrace_control.workers AS one ORDER BY host, pid`;

async function tryOut(
  client: pg.Client,
  empty: boolean,
  pending: Awaited<ReturnType<typeof readMigrations>>,
): Promise<string | undefined> {
  await client.query(`BEGIN; SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
  try {
    if (empty) {
      await client.query(`CREATE SCHEMA IF NOT EXISTS millrace_control;
        CREATE TABLE IF NOT EXISTS millrace_control.schema_migrations (
          version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())`);
    }
    for (const migration of pending) await applyMigration(client, migration);
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === LOCK_NOT_AVAILABLE) return message;
    throw error;
  } finally {
    await client.query("ROLLBACK");
  }
}
