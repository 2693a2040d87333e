import { MillraceError } from "@millrace/core";
import {
  CLICKHOUSE_SYNTAX,
  MARIADB_SYNTAX,
  POSTGRES_SYNTAX,
  SQLSERVER_SYNTAX,
  type SqlSyntax,
} from "./sql-syntax.ts";

/** How only one process at a time migrates a database. */
export type MigrationLock =
  | {
      /** A statement that answers whether the lock was had, in column `locked`; it is held by the connection of a transaction. */
      readonly kind: "statement";
      readonly acquire: string;
      /** Where the end of the transaction does not free it. */
      readonly release?: string;
    }
  /** A table that exists as long as somebody migrates: creating it fails for everybody else. */
  | { readonly kind: "table"; readonly create: string; readonly drop: string };

/** What migrations need to know of one kind of database. */
export interface MigrationDialect {
  readonly syntax: SqlSyntax;
  /** A migration lands as a whole or not at all, with its tables too. */
  readonly transactional: boolean;
  /** Creates the table of what happened, where it does not exist. */
  readonly createLog: string;
  /** Answers in column `found` whether that table exists: more than 0, or true. */
  readonly findLog: string;
  readonly lock: MigrationLock;
}

/** The table in each migrated database that tells what happened to it. */
const LOG_TABLE = "millrace_migrations";
const LOCK_TABLE = "millrace_migrations_lock";

const COLUMNS = (integer: string, text: string, long: string, required: string): string =>
  [
    `id ${integer}${required}`,
    `version ${integer}${required}`,
    `name ${text}${required}`,
    `direction ${text}${required}`,
    `state ${text}${required}`,
    `statements ${integer}${required}`,
    `checksum ${text}${required}`,
    `message ${long}${required}`,
    `happened_at ${text}${required}`,
  ].join(", ");

const DIALECTS: Readonly<Record<string, MigrationDialect>> = {
  postgres: {
    syntax: POSTGRES_SYNTAX,
    transactional: true,
    createLog: `CREATE TABLE IF NOT EXISTS ${LOG_TABLE} (${COLUMNS("bigint", "text", "text", " NOT NULL")}, PRIMARY KEY (id))`,
    findLog: `SELECT to_regclass('${LOG_TABLE}') IS NOT NULL AS found`,
    // "mlr" and a number, in ASCII, besides those of the engine's own schemas.
    lock: { kind: "statement", acquire: `SELECT pg_try_advisory_xact_lock(${0x6d6c726d}) AS locked` },
  },
  mariadb: {
    syntax: MARIADB_SYNTAX,
    transactional: false,
    createLog: `CREATE TABLE IF NOT EXISTS ${LOG_TABLE} (${COLUMNS("bigint", "varchar(255)", "text", " NOT NULL")}, PRIMARY KEY (id))`,
    findLog: `SELECT COUNT(*) AS found FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '${LOG_TABLE}'`,
    lock: {
      kind: "statement",
      acquire: `SELECT GET_LOCK(CONCAT('millrace.', MD5(DATABASE())), 0) AS locked`,
      release: `SELECT RELEASE_LOCK(CONCAT('millrace.', MD5(DATABASE()))) AS released`,
    },
  },
  clickhouse: {
    syntax: CLICKHOUSE_SYNTAX,
    transactional: false,
    createLog: `CREATE TABLE IF NOT EXISTS ${LOG_TABLE} (${COLUMNS("Int64", "String", "String", "")}) ENGINE = MergeTree ORDER BY id`,
    findLog: `SELECT count() AS found FROM system.tables WHERE database = currentDatabase() AND name = '${LOG_TABLE}'`,
    lock: {
      kind: "table",
      create: `CREATE TABLE ${LOCK_TABLE} (held UInt8) ENGINE = TinyLog`,
      drop: `DROP TABLE IF EXISTS ${LOCK_TABLE}`,
    },
  },
  sqlserver: {
    syntax: SQLSERVER_SYNTAX,
    transactional: true,
    createLog: `IF OBJECT_ID('${LOG_TABLE}') IS NULL CREATE TABLE ${LOG_TABLE} (${COLUMNS("bigint", "nvarchar(400)", "nvarchar(max)", " NOT NULL")}, CONSTRAINT PK_${LOG_TABLE} PRIMARY KEY (id))`,
    findLog: `SELECT CASE WHEN OBJECT_ID('${LOG_TABLE}') IS NULL THEN 0 ELSE 1 END AS found`,
    lock: {
      kind: "statement",
      acquire: `DECLARE @had int; EXEC @had = sp_getapplock @Resource = '${LOG_TABLE}', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 0; SELECT CASE WHEN @had >= 0 THEN 1 ELSE 0 END AS locked`,
    },
  },
};

/** The dialect of a kind of database. Fails with MLR_DATABASE_UNSUPPORTED for one that migrations do not know. */
export function migrationDialect(kind: string): MigrationDialect {
  const dialect = DIALECTS[kind];
  if (dialect !== undefined) return dialect;
  throw new MillraceError(
    "MLR_DATABASE_UNSUPPORTED",
    `There are no migrations for databases of kind "${kind}"`,
    {
      hint: `There are for ${Object.keys(DIALECTS).join(", ")}.`,
    },
  );
}
