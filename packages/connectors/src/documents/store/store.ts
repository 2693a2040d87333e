import { randomUUID } from "node:crypto";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import type { ColumnDefinition, DocumentState, DocumentTransition, Row } from "@millrace/core";
import type { DocumentFacts } from "../stage-document.ts";
import { openStoreFile } from "./store-file.ts";
import type { FolderName, NewDocument, StoredDocument } from "./stored-document.ts";

/** Rows of one stream. */
export interface StreamRows {
  readonly stream: string;
  /** Columns that identify a row. Default: those of the table. */
  readonly key?: readonly string[];
  /** Declared columns; those not named are inferred. */
  readonly columns?: readonly ColumnDefinition[];
  readonly rows: readonly Row[];
}

/** What a document gives to the destination. */
export interface OutboxEntry {
  readonly position: number;
  readonly document: string;
  /** Name of its file, for rows that are refused. */
  readonly name: string;
  /** It landed before: what it gave then and does not give now is to be removed. */
  readonly again: boolean;
  readonly parts: readonly StreamRows[];
}

/** What a stage came to, and where the document stands then. */
export interface StageEnd {
  readonly id: string;
  readonly stage: string;
  readonly outcome: string;
  readonly at: number;
  readonly ms: number;
  readonly attempt: number;
  readonly message?: string;
  /** Columns of the document that are other now. */
  readonly now: Partial<
    Pick<
      StoredDocument,
      | "stage"
      | "state"
      | "attempts"
      | "type"
      | "sha256"
      | "size"
      | "modified"
      | "pages"
      | "confidence"
      | "due"
      | "code"
      | "message"
      | "folder"
      | "file"
      | "again"
      | "accepted"
      | "shown"
      | "position"
      | "fields"
    >
  >;
  /** What the stage gave, kept under its name. */
  readonly facts?: DocumentFacts;
  /** What it gives to the destination. */
  readonly parts?: readonly StreamRows[];
}

/**
 * All that is known of the documents of one pipeline, in a file of this machine. Whatever happens to a document is one
 * transaction: a process that dies at any moment loses nothing, and does nothing twice that has an effect.
 */
export class DocumentStore {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #position: number;
  #closed = false;
  /** Tells files of one store from those of another that serves the same pipeline. */
  readonly id: string;

  /** Fails with MLR_SOURCE_FAILED where the file cannot be used. */
  constructor(file: string) {
    this.#database = openStoreFile(file);
    const known = this.#meta("id");
    this.id = known ?? randomUUID().slice(0, 8);
    if (known === undefined) this.#setMeta("id", this.id);
    const last = this.#get("SELECT max(position) AS position FROM outbox")?.["position"];
    this.#position = Math.max(this.landed, Number(last ?? 0), Number(this.#meta("sent") ?? 0));
  }

  /** Everything up to this position is in the destination. */
  get landed(): number {
    return Number(this.#meta("landed") ?? 0);
  }

  /** Notes files that are about to be claimed, so that their names are known whatever happens. */
  intend(documents: readonly NewDocument[]): void {
    this.#transaction(() => {
      for (const { id, name, raw, file, size, modified, priority, received } of documents) {
        this.#run(
          `INSERT INTO documents (id, name, raw, folder, file, size, modified, priority, received, changed, stage, state)
           VALUES (?, ?, ?, 'processing', ?, ?, ?, ?, ?, ?, 'received', 'claiming')`,
          id,
          name,
          raw,
          file,
          size,
          modified,
          priority,
          received,
          received,
        );
      }
    });
  }

  /** Documents that are ours now, and those that are not because somebody else was faster. */
  claimed(ours: readonly string[], others: readonly string[]): void {
    this.#transaction(() => {
      for (const id of ours)
        this.#run("UPDATE documents SET state = 'waiting' WHERE id = ? AND state = 'claiming'", id);
      for (const id of others) this.#run("DELETE FROM documents WHERE id = ? AND state = 'claiming'", id);
    });
  }

  /** Documents of which it is not known whether they were claimed. */
  intended(): StoredDocument[] {
    return this.#all("SELECT * FROM documents WHERE state = 'claiming'");
  }

  get(id: string): StoredDocument | undefined {
    return this.#all("SELECT * FROM documents WHERE id = ?", id)[0];
  }

  /** Documents whose next stage is due, the most wanted first; none of `without`. */
  due(now: number, limit: number, without: ReadonlySet<string>): StoredDocument[] {
    const found = this.#all(
      "SELECT * FROM documents WHERE state = 'waiting' AND due <= ? ORDER BY priority DESC, received, id LIMIT ?",
      now,
      limit + without.size,
    );
    return found.filter(({ id }) => !without.has(id)).slice(0, limit);
  }

  /** Documents that wait for a stage, and when the first of them is due. */
  waiting(): { readonly count: number; readonly due: number } {
    const found = this.#get(
      "SELECT count(*) AS count, coalesce(min(due), 0) AS due FROM documents WHERE state = 'waiting'",
    );
    return { count: Number(found?.["count"]), due: Number(found?.["due"]) };
  }

  /** Documents of which people are to be shown the pages. */
  unshown(limit: number): StoredDocument[] {
    return this.#all("SELECT * FROM documents WHERE state = 'review' AND shown = 0 LIMIT ?", limit);
  }

  /** A document of the same content that came before and has landed or will. */
  twin(id: string, sha256: string): StoredDocument | undefined {
    return this.#all(
      "SELECT * FROM documents WHERE sha256 = ? AND id <> ? AND state IN ('waiting', 'review', 'landing', 'done') LIMIT 1",
      sha256,
      id,
    )[0];
  }

  /** Counts an attempt before it is made, so that what kills the process is not tried for ever. */
  attempt(id: string, attempts: number): void {
    this.#run("UPDATE documents SET attempts = ? WHERE id = ?", attempts, id);
  }

  /** What stages before `stage` gave, the later ones over the earlier. `stages` in their order. */
  facts(id: string, stages: readonly string[]): DocumentFacts {
    const found = new Map(
      this.#rows("SELECT stage, body FROM outputs WHERE document = ?", id).map(({ stage, body }) => [
        String(stage),
        deserialize(body as Uint8Array) as DocumentFacts,
      ]),
    );
    return [...stages, "accepted"].reduce<DocumentFacts>(
      (all, stage) => mergeFacts(all, found.get(stage)),
      {},
    );
  }

  /** Streams that a document gave rows on when it landed. */
  streams(id: string): readonly string[] {
    const found = this.#get("SELECT body FROM outputs WHERE document = ? AND stage = 'landed'", id)?.["body"];
    if (found === undefined) return [];
    return ((deserialize(found as Uint8Array) as DocumentFacts).notes?.["streams"] ?? []) as string[];
  }

  /** Which stages have given something. */
  outputs(id: string): ReadonlySet<string> {
    return new Set(
      this.#rows("SELECT stage FROM outputs WHERE document = ?", id).map(({ stage }) => String(stage)),
    );
  }

  /** Records what a stage came to, with everything that follows from it. */
  end(end: StageEnd): void {
    this.#transaction(() => this.#end(end));
  }

  /** Forgets what stages gave, before they are done again. */
  forget(id: string, stages: readonly string[]): void {
    for (const stage of stages) this.#run("DELETE FROM outputs WHERE document = ? AND stage = ?", id, stage);
  }

  /** What documents give, behind a position, in order. */
  outbox(after: number, limit: number): OutboxEntry[] {
    return this.#rows(
      `SELECT outbox.position, outbox.document, outbox.body, documents.name, documents.again
       FROM outbox JOIN documents ON documents.id = outbox.document
       WHERE outbox.position > ? ORDER BY outbox.position LIMIT ?`,
      after,
      limit,
    ).map(({ position, document, body, name, again }) => ({
      position: Number(position),
      document: String(document),
      name: String(name),
      again: Number(again) === 1,
      parts: deserialize(body as Uint8Array) as StreamRows[],
    }));
  }

  /**
   * Makes everything so far survive a power cut, as the destination is about to hold what follows from it.
   * @param position up to which it will be sent
   */
  sync(position: number): void {
    this.#database.exec("PRAGMA synchronous = FULL");
    try {
      this.#setMeta("sent", String(position));
    } finally {
      this.#database.exec("PRAGMA synchronous = NORMAL");
    }
  }

  /** What the destination holds: documents up to `position` have landed. */
  land(position: number, now: number): void {
    if (position <= this.landed) return;
    this.#transaction(() => {
      for (const { id, attempts, changed } of this.#all(
        "SELECT * FROM documents WHERE position <= ? AND stage = 'landed'",
        position,
      )) {
        this.#end({
          id,
          stage: "landed",
          outcome: "done",
          at: now,
          ms: Math.max(0, now - changed),
          attempt: Math.max(1, attempts),
          now: { stage: "archived", attempts: 0 },
        });
      }
      this.#run("DELETE FROM outbox WHERE position <= ?", position);
      this.#setMeta("landed", String(position));
    });
  }

  /** Documents that have landed and whose files are still where they were worked on. */
  unarchived(limit: number): StoredDocument[] {
    return this.#all(
      "SELECT * FROM documents WHERE position IS NOT NULL AND stage = 'archived' ORDER BY position LIMIT ?",
      limit,
    );
  }

  /** Ids of documents that were sent, and whose files are not put away yet: what a successor without this file has to know. */
  sent(position: number): string[] {
    return this.#rows("SELECT id FROM documents WHERE position <= ? ORDER BY position", position).map(
      ({ id }) => String(id),
    );
  }

  /** Documents by what became of them. */
  counts(): Readonly<Partial<Record<DocumentState, number>>> {
    const found = this.#rows("SELECT state, count(*) AS count FROM documents GROUP BY state");
    return Object.fromEntries(found.map(({ state, count }) => [String(state), Number(count)]));
  }

  /** Transitions that were not told yet, the oldest first. */
  untold(limit: number): DocumentTransition[] {
    return this.#rows(
      "SELECT * FROM transitions WHERE number > ? ORDER BY number LIMIT ?",
      Number(this.#meta("told") ?? 0),
      limit,
    ).map(({ number, document, stage, outcome, at, ms, attempt, message }) => ({
      number: Number(number),
      document: String(document),
      stage: String(stage),
      outcome: String(outcome),
      at: new Date(Number(at)).toISOString(),
      durationMs: Number(ms),
      attempt: Number(attempt),
      message: message === null || message === undefined ? null : String(message),
    }));
  }

  told(number: number): void {
    this.#setMeta("told", String(number));
  }

  /** What came of a decision that was followed before: null, or why it was refused; undefined: it is new. */
  decided(id: string): string | null | undefined {
    const found = this.#get("SELECT refused FROM decisions WHERE id = ?", id);
    return found === undefined ? undefined : ((found["refused"] ?? null) as string | null);
  }

  /** Follows a decision, and remembers that it did. */
  decide(id: string, refused: string | null, end: StageEnd | undefined, forget: readonly string[]): void {
    this.#transaction(() => {
      this.#run("INSERT OR REPLACE INTO decisions (id, refused) VALUES (?, ?)", id, refused);
      if (end === undefined) return;
      this.forget(end.id, forget);
      this.#run("DELETE FROM outbox WHERE document = ?", end.id);
      this.#end(end);
    });
  }

  /** Documents whose files are not where they belong, because a process died or a folder was away. */
  misplaced(): StoredDocument[] {
    return this.#all(
      `SELECT * FROM documents WHERE (state IN ('failed', 'rejected') AND folder <> 'failed') OR (state = 'duplicate' AND folder <> 'done')`,
    );
  }

  /** Notes where a file is, without telling of it. */
  place(id: string, folder: FolderName, file: Uint8Array): void {
    this.#run("UPDATE documents SET folder = ?, file = ? WHERE id = ?", folder, file, id);
  }

  /** Notes that people are shown the pages. */
  shown(id: string): void {
    this.#run("UPDATE documents SET shown = 1 WHERE id = ?", id);
  }

  /** Ids of all that landed. */
  landedIds(): string[] {
    return this.#rows("SELECT id FROM documents WHERE state = 'done'").map(({ id }) => String(id));
  }

  /**
   * Forgets what was found in documents that ended before `before`, in ms since 1970, a part at a time: what they were and
   * what their content was is kept, so that it is known when it comes again. Returns how many.
   */
  prune(before: number, limit: number): number {
    return this.#transaction(() => {
      const ids = this.#rows(
        `SELECT id FROM documents WHERE state IN ('done', 'duplicate', 'rejected', 'failed') AND changed < ?
           AND (EXISTS (SELECT FROM outputs WHERE document = id)) LIMIT ?`,
        before,
        limit,
      ).map(({ id }) => String(id));
      for (const id of ids) this.#run("DELETE FROM outputs WHERE document = ?", id);
      this.#run(
        "DELETE FROM transitions WHERE number IN (SELECT number FROM transitions WHERE at < ? AND number <= ? LIMIT ?)",
        before,
        Number(this.#meta("told") ?? 0),
        limit * 10,
      );
      return ids.length;
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    this.#database.close();
  }

  #end({ id, stage, outcome, at, ms, attempt, message, now, facts, parts }: StageEnd): void {
    let columns: Readonly<Record<string, unknown>> = { ...now, changed: at };
    if (parts !== undefined) {
      const position = this.#position + 1;
      this.#run(
        "INSERT INTO outbox (position, document, body) VALUES (?, ?, ?)",
        position,
        id,
        serialize(parts),
      );
      this.#position = position;
      columns = { ...columns, position };
    }
    const names = Object.keys(columns);
    this.#run(
      `UPDATE documents SET ${names.map((name) => `${name} = ?`).join(", ")} WHERE id = ?`,
      ...names.map((name) => columns[name] as SQLInputValue),
      id,
    );
    if (facts !== undefined) {
      this.#run(
        "INSERT OR REPLACE INTO outputs (document, stage, body) VALUES (?, ?, ?)",
        id,
        stage,
        serialize(facts),
      );
    }
    this.#run(
      "INSERT INTO transitions (document, stage, outcome, at, ms, attempt, message) VALUES (?, ?, ?, ?, ?, ?, ?)",
      id,
      stage,
      outcome,
      at,
      ms,
      attempt,
      message ?? null,
    );
  }

  #meta(name: string): string | undefined {
    const value = this.#get("SELECT value FROM meta WHERE name = ?", name)?.["value"];
    return value === undefined ? undefined : String(value);
  }

  #setMeta(name: string, value: string): void {
    this.#run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value);
  }

  #all(sql: string, ...values: SQLInputValue[]): StoredDocument[] {
    return this.#rows(sql, ...values) as unknown as StoredDocument[];
  }

  #rows(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    return this.#statement(sql).all(...values);
  }

  #get(sql: string, ...values: SQLInputValue[]): Record<string, unknown> | undefined {
    return this.#statement(sql).get(...values);
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#statement(sql).run(...values);
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#database.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }

  #transaction<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    const position = this.#position;
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#position = position;
      // A full disk ends the transaction by itself.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

function mergeFacts(all: DocumentFacts, more: DocumentFacts | undefined): DocumentFacts {
  if (more === undefined) return all;
  const notes = more.notes === undefined ? all.notes : { ...all.notes, ...more.notes };
  return { ...all, ...more, ...(notes === undefined ? {} : { notes }) };
}
