import {
  MillraceError,
  type DatabaseSnapshot,
  type Row,
  type RowBatch,
  type Sql,
  type Statements,
  type StreamOptions,
} from "@millrace/core";
import { answerBatches } from "../connection/answer-batches.ts";
import type { Connection } from "../connection/connection.ts";
import type { Pool } from "../connection/pool.ts";
import { statementOf, statementsOn } from "./statements.ts";
import { stopIfAborted } from "./stop-if-aborted.ts";

/** Whether the database keeps versions of rows for transactions that read as of one moment; Azure SQL does from the start. */
export const ALLOWS_SNAPSHOTS =
  "SELECT snapshot_isolation_state AS state FROM sys.databases WHERE database_id = DB_ID()";

/** Reads a database as of one moment: everything runs in one transaction of isolation level SNAPSHOT. */
export class SqlServerSnapshot implements DatabaseSnapshot {
  readonly #pool: Pool;
  readonly #connection: Connection;
  readonly #statements: Statements;
  #closed = false;

  private constructor(pool: Pool, connection: Connection) {
    this.#pool = pool;
    this.#connection = connection;
    this.#statements = statementsOn((_statement, work) => work(this.#used()));
  }

  static async begin(pool: Pool): Promise<SqlServerSnapshot> {
    const connection = await pool.take();
    try {
      await connection.begin("beginning to read as of one moment", "snapshot");
      return new SqlServerSnapshot(pool, connection);
    } catch (error) {
      await pool.give(connection, true);
      throw error;
    }
  }

  query<R extends Row = Row>(statement: string | Sql, values?: readonly unknown[]): Promise<R[]> {
    return this.#statements.query<R>(statement, values);
  }

  async *stream(
    text: string | Sql,
    values?: readonly unknown[],
    { batchRows = 1000, signal }: StreamOptions = {},
  ): AsyncIterable<RowBatch> {
    const statement = statementOf(text, values, "streaming a query");
    stopIfAborted(signal);
    try {
      yield* answerBatches(this.#used(), { ...statement, signal, batchRows });
    } catch (error) {
      stopIfAborted(signal, error);
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // Rolls back, and sets the isolation level back.
    await this.#pool.give(this.#connection, true);
  }

  #used(): Connection {
    if (!this.#closed) return this.#connection;
    throw new MillraceError("MLR_DATABASE_FAILED", "the snapshot was closed and cannot be read any more");
  }
}
