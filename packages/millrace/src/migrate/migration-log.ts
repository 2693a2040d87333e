import { statement, type Database, type Statements } from "@millrace/core";
import type { MigrationDialect } from "./migration-dialect.ts";

/** Which way a migration was carried out. */
export type Direction = "up" | "down";

/** Something that happened to a migration. Nothing in the log is ever changed. */
export interface MigrationEvent {
  readonly version: number;
  readonly name: string;
  readonly direction: Direction;
  /** `started` and `progress` are told of statement after statement, where they cannot be taken back. */
  readonly state: "started" | "progress" | "failed" | "finished";
  /** How many statements have landed. */
  readonly statements: number;
  /** finished: of the migration's text; otherwise of the statements that have landed. */
  readonly checksum: string;
  /** failed: why. Otherwise empty. */
  readonly message: string;
  /** ISO 8601, UTC. */
  readonly happenedAt: string;
}

interface Entry extends Record<string, unknown> {
  readonly version: unknown;
  readonly name: string;
  readonly direction: Direction;
  readonly state: MigrationEvent["state"];
  readonly statements: unknown;
  readonly checksum: string;
  readonly message: string;
  readonly happened_at: string;
}

/** What happened to a database, in its own table. */
export class MigrationLog {
  readonly #database: Database;
  readonly #dialect: MigrationDialect;

  constructor(database: Database, dialect: MigrationDialect) {
    this.#database = database;
    this.#dialect = dialect;
  }

  /** Creates the table where there is none. */
  async create(): Promise<void> {
    if (!(await this.#exists())) await this.#database.execute(this.#dialect.createLog);
  }

  /** Everything in its order; nothing where there is no table. */
  async read(): Promise<MigrationEvent[]> {
    if (!(await this.#exists())) return [];
    const rows = await this.#database.query<Entry>(
      "SELECT version, name, direction, state, statements, checksum, message, happened_at FROM millrace_migrations ORDER BY id",
    );
    return rows.map(({ happened_at: happenedAt, ...row }) => ({
      ...row,
      version: Number(row.version),
      statements: Number(row.statements),
      happenedAt,
    }));
  }

  /** Adds what happened; whoever calls it holds the lock. @param through the transaction that it belongs to; default: none. */
  async add(event: Omit<MigrationEvent, "happenedAt">, through: Statements = this.#database): Promise<void> {
    const [last] = await through.query<{ id: unknown }>("SELECT max(id) AS id FROM millrace_migrations");
    const id = Number(last?.id ?? 0) + 1;
    const { version, name, direction, state, statements, checksum, message } = event;
    const at = new Date().toISOString();
    await through.execute(
      statement`INSERT INTO millrace_migrations (id, version, name, direction, state, statements, checksum, message, happened_at) VALUES (${id}, ${version}, ${name}, ${direction}, ${state}, ${statements}, ${checksum}, ${message}, ${at})`,
    );
  }

  async #exists(): Promise<boolean> {
    const [row] = await this.#database.query<{ found: unknown }>(this.#dialect.findLog);
    return row?.found === true || Number(row?.found ?? 0) > 0;
  }
}
