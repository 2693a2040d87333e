import { DatabaseSync } from "node:sqlite";
import type { BulkTarget, DriverValue, RelationalConnection } from "@millrace/connectors/relational";

const STREAM_ROWS = 1_000;

export class SqliteConnection implements RelationalConnection {
  readonly #database: DatabaseSync;

  /** @param durable whether a commit waits until the disk has it. */
  constructor(file: string, durable: boolean) {
    this.#database = new DatabaseSync(file, { timeout: 1_000 });
    this.#database.exec(`PRAGMA synchronous = ${durable ? "FULL" : "OFF"}; PRAGMA journal_mode = WAL`);
  }

  async query(statement: string): Promise<Record<string, unknown>[]> {
    const prepared = this.#database.prepare(statement);
    prepared.setReadBigInts(true);
    return prepared.all();
  }

  async execute(statement: string): Promise<number> {
    return Number(this.#database.prepare(statement).run().changes);
  }

  async *stream(statement: string): AsyncGenerator<Record<string, unknown>[]> {
    const prepared = this.#database.prepare(statement);
    prepared.setReadBigInts(true);
    let rows: Record<string, unknown>[] = [];
    for (const row of prepared.iterate()) {
      rows.push(row);
      if (rows.length < STREAM_ROWS) continue;
      yield rows;
      rows = [];
    }
    if (rows.length > 0) yield rows;
  }

  async load({ reference, columns }: BulkTarget, rows: readonly (readonly DriverValue[])[]): Promise<void> {
    const names = columns.map(({ name }) => quote(name)).join(", ");
    const places = columns.map(() => "?").join(", ");
    const insert = this.#database.prepare(`INSERT INTO ${reference} (${names}) VALUES (${places})`);
    this.#database.exec("SAVEPOINT bulk");
    for (const row of rows) insert.run(...(row as (string | number | bigint | Uint8Array | null)[]));
    this.#database.exec("RELEASE bulk");
  }

  async begin(): Promise<void> {
    // Takes the one lock that there is for writing.
    this.#database.exec("BEGIN IMMEDIATE");
  }

  async commit(): Promise<void> {
    this.#database.exec("COMMIT");
  }

  async rollback(): Promise<void> {
    if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
  }

  async holdName(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
