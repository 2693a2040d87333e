import { rmSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { compileRowHasher, type ColumnDefinition, type Row } from "@millrace/core";

/** Bytes of a key's hash: two keys never have the same. */
const KEY_BYTES = 16;
const SETUP = `
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA cache_size = -32768;
  CREATE TABLE keys (key BLOB PRIMARY KEY, file INTEGER NOT NULL, row INTEGER NOT NULL, part INTEGER NOT NULL, turn INTEGER NOT NULL) WITHOUT ROWID;
  BEGIN`;

/** Where a row is. */
export interface RowPlace {
  readonly file: number;
  readonly ordinal: number;
  /** The commit in which it came. */
  readonly part: number;
  /** Rises with each row that came. */
  readonly turn: number;
}

/** A key that came again. */
export interface Repeated {
  /** The commit in which it came before. */
  readonly part: number;
  /** The file that holds the row which is not the last one. */
  readonly outdated: number;
}

/**
 * Remembers of each key of a reading where its last row is. On disk, because a reading may have more keys than memory has room
 * for; and only for as long as the session lasts, because it can be made again from the files.
 */
export class KeyIndex {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  #hash: (row: Row) => string;

  constructor(path: string, key: readonly ColumnDefinition[]) {
    this.#path = path;
    rmSync(path, { force: true });
    this.#database = new DatabaseSync(path);
    this.#database.exec(SETUP);
    this.#get = this.#database.prepare("SELECT file, part, turn FROM keys WHERE key = ?");
    this.#put = this.#database.prepare("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?)");
    this.#hash = compileRowHasher(key);
  }

  /** The types of the key's columns have become wider; their hashes stay. */
  retype(key: readonly ColumnDefinition[]): void {
    this.#hash = compileRowHasher(key);
  }

  /** Takes a row; tells of the one of its key that came before, undefined where it is new. */
  put(row: Row, place: RowPlace): Repeated | undefined {
    const key = Buffer.from(this.#hash(row).slice(0, KEY_BYTES), "latin1");
    const earlier = this.#get.get(key) as Pick<RowPlace, "file" | "part" | "turn"> | undefined;
    // Rows are written by partition, so one that came before may be written after.
    const isLast = earlier === undefined || earlier.turn < place.turn;
    if (isLast) this.#put.run(key, place.file, place.ordinal, place.part, place.turn);
    return earlier === undefined
      ? undefined
      : { part: earlier.part, outdated: isLast ? earlier.file : place.file };
  }

  /** For each row of a file whether it is the last of its key. */
  lastRows(file: number, rows: number): Uint8Array {
    const isLast = new Uint8Array(rows);
    for (const { row } of this.#database.prepare("SELECT row FROM keys WHERE file = ?").iterate(file)) {
      isLast[Number(row)] = 1;
    }
    return isLast;
  }

  close(): void {
    this.#database.close();
    rmSync(this.#path, { force: true });
  }
}
