import { mkdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MillraceError } from "@millrace/core";

/** Raised when the tables change; files of another version are begun anew. */
const VERSION = 1;

const TABLES = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE hosts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, waiting INTEGER NOT NULL DEFAULT 0);
CREATE INDEX hosts_waiting ON hosts (id) WHERE waiting > 0;
CREATE TABLE pages (
  id INTEGER PRIMARY KEY,
  hash INTEGER NOT NULL,
  key TEXT NOT NULL,
  host INTEGER NOT NULL,
  crawl INTEGER NOT NULL,
  good INTEGER NOT NULL DEFAULT 0,
  state INTEGER NOT NULL DEFAULT 0,
  depth INTEGER NOT NULL,
  priority REAL NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  status INTEGER,
  extra TEXT
);
CREATE INDEX pages_hash ON pages (hash);
CREATE INDEX pages_waiting ON pages (host, priority DESC, depth, id) WHERE state = 0;
CREATE TABLE outbox (position INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE taints (reason TEXT PRIMARY KEY, pages INTEGER NOT NULL, example TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

/**
 * Opens the file of a frontier, and makes it where there is none or one of another version. `:memory:` keeps it in memory.
 * Fails with MLR_SOURCE_FAILED where another process has it open.
 */
export function openFrontierFile(file: string): DatabaseSync {
  if (file !== ":memory:") mkdirSync(path.dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  try {
    // One process at a time: no shared memory file, and a second crawl of the same pipeline is told so.
    database.exec("PRAGMA busy_timeout = 1000; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;");
    database.exec(
      "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;",
    );
    prepareTables(database);
    return database;
  } catch (error) {
    database.close();
    throw unusable(file, error);
  }
}

function prepareTables(database: DatabaseSync): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version === VERSION) return;
  database.exec("BEGIN IMMEDIATE");
  const old = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all();
  for (const { name } of old) database.exec(`DROP TABLE "${String(name)}"`);
  database.exec(TABLES);
  database.exec(`PRAGMA user_version = ${VERSION}`);
  database.exec("COMMIT");
}

function unusable(file: string, error: unknown): MillraceError {
  const message = error instanceof Error ? error.message : String(error);
  const locked = /locked|busy/i.test(message);
  return new MillraceError(
    "MLR_SOURCE_FAILED",
    locked ? `${file} is in use by another crawl` : `${file}: the crawl's file cannot be used: ${message}`,
    {
      hint: locked
        ? "Wait until the other process has ended, or stop it."
        : "Delete the file: the crawl then begins anew, and what is in the destination stays.",
      details: { file },
      cause: error,
    },
  );
}
