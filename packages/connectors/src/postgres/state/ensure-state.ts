import { MillraceError } from "@millrace/core";
import type { Connection } from "../session/connection.ts";
import { MIGRATIONS } from "./migrations/index.ts";

/** Number of the advisory lock under which the schema is made: "mlr" and a version, in ASCII. */
const LOCK = 0x6d6c7231;
const WHAT = "preparing schema millrace";

/** Version of schema `millrace` in the database: how many migrations it has had. 0 where it does not exist. */
export async function stateVersion(connection: Connection): Promise<number> {
  const found = await connection.query<{ there: boolean }>(
    WHAT,
    "SELECT to_regclass('millrace.migrations') IS NOT NULL AS there",
  );
  if (found.rows[0]?.there !== true) return 0;
  const { rows } = await connection.query<{ version: number }>(
    WHAT,
    "SELECT coalesce(max(version), 0) AS version FROM millrace.migrations",
  );
  return rows[0]?.version ?? 0;
}

/**
 * Creates or migrates schema `millrace`, where Millrace keeps its state; touches nothing where it is current.
 * Fails with MLR_DESTINATION_PERMISSION where the user may not create it, with MLR_SCHEMA_MISMATCH where a newer Millrace has.
 */
export async function ensureState(connection: Connection): Promise<void> {
  const version = await stateVersion(connection);
  if (version === MIGRATIONS.length) return;
  if (version > MIGRATIONS.length) throw tooNew(connection, version);
  try {
    await connection.query(WHAT, `BEGIN; SELECT pg_advisory_xact_lock(${LOCK})`);
    // Another session may have been faster.
    const now = await stateVersion(connection);
    if (now > MIGRATIONS.length) throw tooNew(connection, now);
    await connection.query(WHAT, [...statements(now), "COMMIT"].join(";\n"));
  } catch (error) {
    if (!connection.lost) await connection.query(WHAT, "ROLLBACK");
    throw explained(error, connection);
  }
}

function statements(from: number): string[] {
  // An administrator may have made the schema for a user who may not: then even IF NOT EXISTS would be refused.
  const create =
    "DO $$ BEGIN IF to_regnamespace('millrace') IS NULL THEN CREATE SCHEMA millrace; END IF; END $$; " +
    "CREATE TABLE IF NOT EXISTS millrace.migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())";
  const wanted = MIGRATIONS.slice(from).map(
    (text, i) => `${text}; INSERT INTO millrace.migrations (version) VALUES (${from + i + 1})`,
  );
  return from === 0 ? [create, ...wanted] : wanted;
}

function explained(error: unknown, connection: Connection): unknown {
  if (!(error instanceof MillraceError) || error.code !== "MLR_DESTINATION_PERMISSION") return error;
  return new MillraceError(
    "MLR_DESTINATION_PERMISSION",
    `the user may not create or change schema "millrace" in ${connection.location}, where Millrace keeps its state`,
    {
      hint: "Let an administrator run: CREATE SCHEMA millrace AUTHORIZATION <the user>; or GRANT CREATE ON DATABASE … TO <the user>.",
      details: error.details,
      cause: error,
    },
  );
}

function tooNew(connection: Connection, version: number): MillraceError {
  return new MillraceError(
    "MLR_SCHEMA_MISMATCH",
    `schema "millrace" in ${connection.location} has version ${version}; this Millrace knows ${MIGRATIONS.length}`,
    { hint: "A newer Millrace writes to this database: update this one." },
  );
}
