import { mkdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MillraceError } from "@millrace/core";

const VERSION = 1;

const TABLES = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  -- The bytes of the name, where they are no UTF-8.
  raw BLOB,
  folder TEXT NOT NULL,
  -- Bytes of the file's name in its folder.
  file BLOB NOT NULL,
  size INTEGER NOT NULL,
  modified REAL NOT NULL,
  sha256 TEXT,
  type TEXT,
  stage TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  priority REAL NOT NULL,
  pages INTEGER,
  confidence REAL,
  received INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  due INTEGER NOT NULL DEFAULT 0,
  code TEXT,
  message TEXT,
  -- It had landed before: what it gives now replaces that.
  again INTEGER NOT NULL DEFAULT 0,
  accepted INTEGER NOT NULL DEFAULT 0,
  shown INTEGER NOT NULL DEFAULT 0,
  position INTEGER,
  -- Values, lines, problems and places as JSON.
  fields TEXT
) WITHOUT ROWID;
CREATE INDEX documents_waiting ON documents (priority DESC, received, id) WHERE state = 'waiting';
CREATE INDEX documents_sha256 ON documents (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX documents_position ON documents (position) WHERE position IS NOT NULL;
CREATE INDEX documents_ended ON documents (changed) WHERE state IN ('done', 'duplicate', 'rejected', 'failed');
CREATE TABLE outputs (document TEXT NOT NULL, stage TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (document, stage)) WITHOUT ROWID;
CREATE TABLE transitions (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  document TEXT NOT NULL,
  stage TEXT NOT NULL,
  outcome TEXT NOT NULL,
  at INTEGER NOT NULL,
  ms REAL NOT NULL,
  attempt INTEGER NOT NULL,
  message TEXT
);
CREATE TABLE outbox (position INTEGER PRIMARY KEY, document TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE decisions (id TEXT PRIMARY KEY, refused TEXT) WITHOUT ROWID;
`;

/**
 * Opens the file in which documents are kept track of, and makes it where there is none. Fails with MLR_SOURCE_FAILED where
 * another process has it open or another version of Millrace made it.
 */
export function openStoreFile(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    database = new DatabaseSync(file);
    // One process at a time: no shared memory file, and a second run of the same pipeline is told so.
    database.exec("PRAGMA busy_timeout = 1000; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;");
    database.exec(
      "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY;",
    );
    prepare(database, file);
    return database;
  } catch (error) {
    database?.close();
    throw unusable(file, error);
  }
}

function prepare(database: DatabaseSync, file: string): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version === VERSION) return;
  if (version > VERSION) {
    throw new MillraceError("MLR_SOURCE_FAILED", `${file} was made by a newer version of Millrace`, {
      hint: "Run the version that made it, or a later one.",
      retry: "never",
      details: { file, version },
    });
  }
  database.exec(`BEGIN IMMEDIATE; ${TABLES} PRAGMA user_version = ${VERSION}; COMMIT`);
}

function unusable(file: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const locked = /locked|busy/i.test(message);
  return new MillraceError(
    "MLR_SOURCE_FAILED",
    locked
      ? `${file} is in use by another run`
      : `${file}: what is known of the documents cannot be used: ${message}`,
    {
      hint: locked
        ? "Wait until the other process has ended, or stop it."
        : "Look whether its disk is full, and whether it may be written to.",
      details: { file },
      cause: error,
    },
  );
}
