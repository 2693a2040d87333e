import type {
  DatabaseSnapshot,
  EncodedOptions,
  EncodedRows,
  Row,
  RowBatch,
  Sql,
  StreamOptions,
} from "@millrace/core";
import type pg from "pg";
import { COPY_BINARY } from "../copy-format.ts";
import { databaseError } from "./database-error.ts";
import { encodedRows } from "./encoded-rows.ts";
import { PostgresStatements, sentStatement } from "./postgres-statements.ts";
import { streamRows, type ConnectionLease } from "./stream-rows.ts";

/** Reads a PostgreSQL database as of one moment: everything runs in one REPEATABLE READ transaction. */
export class PostgresSnapshot implements DatabaseSnapshot {
  readonly encoding = COPY_BINARY;
  readonly #client: pg.PoolClient;
  readonly #lease: ConnectionLease;
  readonly #statements: PostgresStatements;
  #state: "open" | "broken" | "closed" = "open";

  private constructor(client: pg.PoolClient, pool: pg.Pool, location: string) {
    this.#client = client;
    this.#statements = new PostgresStatements(client, location);
    this.#lease = {
      location,
      pool,
      take: () => Promise.resolve(client),
      giveBack: (_client, broken) => {
        if (broken) this.#state = "broken";
      },
    };
  }

  /** Begins. Fails with MLR_DATABASE_UNAVAILABLE or MLR_DATABASE_FAILED. */
  static async begin(pool: pg.Pool, location: string): Promise<PostgresSnapshot> {
    const where = `beginning to read ${location}`;
    const client = await pool.connect().catch((error: unknown) => {
      throw databaseError(error, where);
    });
    try {
      // The first statement fixes what is seen.
      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SELECT 1");
      return new PostgresSnapshot(client, pool, location);
    } catch (error) {
      client.release(true);
      throw databaseError(error, where);
    }
  }

  query<R extends Row = Row>(statement: string | Sql, values?: readonly unknown[]): Promise<R[]> {
    return this.#statements.query<R>(statement, values);
  }

  stream(
    statement: string | Sql,
    values?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncIterable<RowBatch> {
    return streamRows(this.#lease, sentStatement(statement, values), options);
  }

  encoded(statement: string | Sql, options?: EncodedOptions): AsyncIterable<EncodedRows> {
    return encodedRows(this.#lease, statement, options);
  }

  async close(): Promise<void> {
    if (this.#state === "closed") return;
    const broken = this.#state === "broken";
    this.#state = "closed";
    if (!broken) await this.#client.query("ROLLBACK").catch(() => undefined);
    this.#client.release(broken);
  }
}
