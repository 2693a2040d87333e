import type { Connection } from "./connection.ts";

/** The session's one transaction: open from the first row that goes straight into a table, or from the commit. */
export class Transaction {
  readonly #connection: Connection;
  #open = false;
  #startedAt = "";

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get open(): boolean {
    return this.#open;
  }

  /** When the transaction began by the database's clock, in µs since 1970: what `now()` says in it. */
  get startedAt(): bigint {
    return BigInt(this.#startedAt);
  }

  /** Begins, where it has not begun yet. */
  async begin(): Promise<void> {
    if (this.#open) return;
    this.#open = true;
    const { rows } = await this.#connection.query<{ at: string }>(
      "beginning a transaction",
      "BEGIN; SELECT (extract(epoch FROM now()) * 1000000)::int8 AS at",
    );
    this.#startedAt = rows[0]?.at ?? "0";
  }

  /** Begins where needed and runs `statement`, in one trip to the server. */
  async beginWith<R extends object>(what: string, statement: string): Promise<R[]> {
    const sql = this.#open ? statement : `BEGIN; ${statement}`;
    this.#open = true;
    const { rows } = await this.#connection.query<R>(what, sql);
    return rows;
  }

  /** Commits together with `last` statements, in one trip. */
  async commit(last: readonly string[]): Promise<void> {
    await this.#connection.query("committing", [...last, "COMMIT"].join("; "));
    this.#open = false;
  }

  /** Gives up what was done, as far as the connection still can. */
  async rollback(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    if (!this.#connection.lost) await this.#connection.query("rolling back", "ROLLBACK");
  }
}
