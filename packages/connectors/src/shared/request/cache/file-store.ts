import { DatabaseSync, type StatementSync } from "node:sqlite";
import { MillraceError } from "@millrace/core";
import type { AnswerHeaders } from "../whole-answer.ts";
import { sizeOf, variantOf, type CachedAnswer, type CacheStore } from "./cache-store.ts";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS answer (
    url TEXT NOT NULL,
    variant TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    vary TEXT NOT NULL,
    partition TEXT NOT NULL,
    body BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    stored_at INTEGER NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (url, variant)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS answer_used ON answer (used);
`;

interface Stored {
  readonly status: number;
  readonly headers: string;
  readonly vary: string;
  readonly partition: string;
  readonly body: Uint8Array;
  readonly stored_at: number;
}

/** Keeps answers in a file of SQLite, which outlives the process. */
export class FileStore implements CacheStore {
  readonly #database: DatabaseSync;
  readonly #maxBytes: number;
  readonly #statements: Readonly<
    Record<"find" | "touch" | "put" | "remove" | "oldest" | "drop", StatementSync>
  >;
  /** Counts uses: what was used last has the highest. */
  #use: number;
  bytes: number;

  /** Fails with MLR_ARGUMENT_INVALID where the file cannot be opened or is no cache. */
  constructor(file: string, maxBytes: number) {
    this.#maxBytes = maxBytes;
    try {
      this.#database = new DatabaseSync(file);
      this.#database.exec(SCHEMA);
    } catch (error) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `The cache ${file} cannot be opened: ${String(error)}`,
        {
          hint: "Give the path of a file in a folder that exists; one that is damaged may be deleted.",
          details: { file },
          cause: error,
        },
      );
    }
    const prepare = (sql: string): StatementSync => this.#database.prepare(sql);
    this.#statements = {
      find: prepare("SELECT status, headers, vary, partition, body, stored_at FROM answer WHERE url = ?"),
      touch: prepare("UPDATE answer SET used = ? WHERE url = ?"),
      put: prepare("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      remove: prepare("DELETE FROM answer WHERE url = ?"),
      oldest: prepare("SELECT url, variant, bytes FROM answer ORDER BY used LIMIT 16"),
      drop: prepare("DELETE FROM answer WHERE url = ? AND variant = ?"),
    };
    const sums = prepare(
      "SELECT coalesce(sum(bytes), 0) AS bytes, coalesce(max(used), 0) AS used FROM answer",
    );
    const { bytes, used } = sums.get() as { bytes: number; used: number };
    this.bytes = bytes;
    this.#use = used;
  }

  find(url: string): readonly CachedAnswer[] {
    const rows = this.#statements.find.all(url) as unknown as Stored[];
    if (rows.length > 0) this.#statements.touch.run(++this.#use, url);
    return rows.map(({ status, headers, vary, partition, body, stored_at }) => ({
      status,
      headers: JSON.parse(headers) as AnswerHeaders,
      vary: JSON.parse(vary) as Record<string, string>,
      partition,
      body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      storedAtMs: stored_at,
    }));
  }

  put(url: string, answer: CachedAnswer): void {
    const { status, headers, vary, partition, body, storedAtMs } = answer;
    const bytes = sizeOf(url, answer);
    const texts = [JSON.stringify(headers), JSON.stringify(vary)] as const;
    const values = [
      url,
      variantOf(answer),
      status,
      ...texts,
      partition,
      body,
      bytes,
      storedAtMs,
      ++this.#use,
    ];
    this.#statements.put.run(...values);
    this.bytes += bytes;
    if (this.bytes > this.#maxBytes) this.#makeRoom();
  }

  remove(url: string): void {
    this.#statements.remove.run(url);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #makeRoom(): void {
    // What was replaced or removed is still in the count.
    const sum = this.#database.prepare("SELECT coalesce(sum(bytes), 0) AS bytes FROM answer").get();
    this.bytes = (sum as { bytes: number }).bytes;
    while (this.bytes > this.#maxBytes) {
      const oldest = this.#statements.oldest.all() as { url: string; variant: string; bytes: number }[];
      if (oldest.length === 0) return;
      for (const { url, variant, bytes } of oldest) {
        if (this.bytes <= this.#maxBytes) return;
        this.#statements.drop.run(url, variant);
        this.bytes -= bytes;
      }
    }
  }
}
