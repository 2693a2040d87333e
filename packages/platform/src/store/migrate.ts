import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MillraceError } from "@millrace/core";
import type pg from "pg";

/** One numbered SQL file. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly sql: string;
}

/** The same from `src/store` and from `dist/store`. */
const DIRECTORY = fileURLToPath(new URL("../../migrations/", import.meta.url));
/** Any fixed number; every migrating process takes this advisory lock first. */
const LOCK = 7_216_034_118_955_204n;

/** Reads the migrations of this package, lowest number first. */
export async function readMigrations(directory = DIRECTORY): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".sql")).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const version = Number(/^(\d{6})_/.exec(name)?.[1]);
      if (!Number.isInteger(version)) {
        throw new MillraceError("MLR_INTERNAL", `The migration ${name} does not begin with six digits and _`);
      }
      // Git may have changed the line ends on the way.
      const sql = (await readFile(join(directory, name), "utf8")).replaceAll("\r\n", "\n");
      return { version, name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

/**
 * Brings the schema `millrace_control` up to date, each file in a transaction of its own. Processes that do so at the
 * same time wait for each other. Fails with MLR_CONTROL_VERSION where the database is newer than this package, or a
 * migration that it has was changed since.
 */
export async function migrate(pool: pg.Pool, migrations?: readonly Migration[]): Promise<void> {
  const wanted = migrations ?? (await readMigrations());
  if (migrationsBeyond(wanted, await appliedMigrations(pool)).length === 0) return;
  const client = await pool.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [LOCK]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS millrace_control`);
    await client.query(`CREATE TABLE IF NOT EXISTS millrace_control.schema_migrations (
      version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())`);
    for (const migration of migrationsBeyond(wanted, await appliedMigrations(client)))
      await apply(client, migration);
    await client.query("SELECT pg_advisory_unlock($1)", [LOCK]);
    client.release();
  } catch (error) {
    // Ends the session, and with it the lock and a transaction that may be open.
    client.release(true);
    throw error;
  }
}

/** A migration that a database has. */
export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

/** The migrations that a control database has, lowest number first; none where it has no control tables. */
export async function appliedMigrations(database: pg.Pool | pg.ClientBase): Promise<AppliedMigration[]> {
  try {
    const result = await database.query<AppliedMigration>(
      "SELECT version, name, checksum FROM millrace_control.schema_migrations ORDER BY version",
    );
    return result.rows;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "42P01" || code === "3F000") return [];
    throw error;
  }
}

/**
 * The migrations that a database with those of `have` still needs. Fails with MLR_CONTROL_VERSION where it has one that is
 * not among `wanted`, or that was changed since.
 */
export function migrationsBeyond(
  wanted: readonly Migration[],
  have: readonly AppliedMigration[],
): Migration[] {
  const known = new Map(wanted.map((migration) => [migration.version, migration]));
  for (const { version, name, checksum } of have) {
    const migration = known.get(version);
    if (migration === undefined) {
      throw new MillraceError(
        "MLR_CONTROL_VERSION",
        `The control database has the migration ${name}, which this version of Millrace does not know`,
        {
          hint: "A newer version of Millrace has used it: install that one, or name another database in MILLRACE_CONTROL_URL.",
          details: { version, name },
        },
      );
    }
    if (migration.checksum !== checksum) {
      throw new MillraceError(
        "MLR_CONTROL_VERSION",
        `The migration ${migration.name} was changed after the control database had run it`,
        {
          hint: "Put the file back as it was; changes belong into a migration of their own.",
          details: { version, name },
        },
      );
    }
  }
  const done = new Set(have.map(({ version }) => version));
  return wanted.filter(({ version }) => !done.has(version));
}

async function apply(client: pg.PoolClient, migration: Migration): Promise<void> {
  await client.query("BEGIN");
  await applyMigration(client, migration);
  await client.query("COMMIT");
}

/** Runs one migration within the transaction that is open, and notes that the database has it. */
export async function applyMigration(client: pg.ClientBase, migration: Migration): Promise<void> {
  await client.query(migration.sql);
  await client.query(
    "INSERT INTO millrace_control.schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
    [migration.version, migration.name, migration.checksum],
  );
}
