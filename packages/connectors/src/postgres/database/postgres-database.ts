import {
  MillraceError,
  type Database,
  type DatabaseTable,
  type EncodedOptions,
  type EncodedRows,
  type LoadOptions,
  type Row,
  type RowBatch,
  type Sql,
  type Statements,
  type StreamOptions,
} from "@millrace/core";
import type pg from "pg";
import { COPY_BINARY } from "../copy-format.ts";
import { locationOf } from "../errors.ts";
import { quoteIdentifier } from "../quote.ts";
import { databaseError } from "./database-error.ts";
import { describeTable } from "./describe-table.ts";
import { encodedRows } from "./encoded-rows.ts";
import { loadRows } from "./load-rows.ts";
import { openPool } from "./pool.ts";
import { postgresDialect } from "./postgres-dialect.ts";
import { PostgresSnapshot } from "./postgres-snapshot.ts";
import { PostgresStatements, sentStatement, type Runner } from "./postgres-statements.ts";
import { cut, pooled, streamRows } from "./stream-rows.ts";

/** How long connections that are still in use are waited for at the end. */
const CLOSE_GRACE_MS = 2_000;

/** PostgreSQL as a database that pipelines use. */
export class PostgresDatabase implements Database {
  readonly kind = "postgres";
  readonly location: string;
  readonly dialect = postgresDialect;
  readonly encoding = COPY_BINARY;
  readonly #pool: pg.Pool;
  readonly #statements: PostgresStatements;
  readonly #inUse = new Set<pg.PoolClient>();
  #closed: Promise<void> | undefined;

  private constructor(url: string) {
    this.location = locationOf(url);
    this.#pool = openPool(url);
    this.#pool.on("acquire", (client) => this.#inUse.add(client));
    this.#pool.on("release", (_error, client) => this.#inUse.delete(client));
    this.#statements = new PostgresStatements(this.#pool, this.location);
  }

  /** Connects. Fails with MLR_DATABASE_UNAVAILABLE, or MLR_DATABASE_FAILED where the login is refused. */
  static async connect(url: string): Promise<PostgresDatabase> {
    const database = new PostgresDatabase(url);
    try {
      const client = await database.#pool.connect();
      client.release();
      return database;
    } catch (error) {
      await database.close();
      throw databaseError(error, `connecting to ${database.location}`);
    }
  }

  async query<R extends Row = Row>(statement: string | Sql, values?: readonly unknown[]): Promise<R[]> {
    this.#refuseClosed();
    return this.#statements.query<R>(statement, values);
  }

  async execute(statement: string | Sql, values?: readonly unknown[]): Promise<number> {
    this.#refuseClosed();
    return this.#statements.execute(statement, values);
  }

  async call<R extends Row = Row>(procedure: string, values?: readonly unknown[]): Promise<R[]> {
    this.#refuseClosed();
    return this.#statements.call<R>(procedure, values);
  }

  async *stream(
    statement: string | Sql,
    values?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncGenerator<RowBatch> {
    this.#refuseClosed();
    yield* streamRows(pooled(this.#pool, this.location), sentStatement(statement, values), options);
  }

  async *encoded(statement: string | Sql, options?: EncodedOptions): AsyncGenerator<EncodedRows> {
    this.#refuseClosed();
    yield* encodedRows(pooled(this.#pool, this.location), statement, options);
  }

  async load(rows: Iterable<Row> | AsyncIterable<Row>, options: LoadOptions): Promise<number> {
    this.#refuseClosed();
    return loadRows({ pool: this.#pool, location: this.location }, rows, options);
  }

  async describe(table: string, namespace?: string): Promise<DatabaseTable | undefined> {
    this.#refuseClosed();
    const where = `describing table "${table}" of ${this.location}`;
    const client = await this.#connect(where);
    try {
      const described = await describeTable(client, table, namespace);
      if (described === undefined) return undefined;
      const columns = described.columns.map(({ name, type = { kind: "text" }, nullable }) => ({
        name,
        type,
        ...(nullable ? {} : { nullable }),
      }));
      return { columns, key: described.key };
    } catch (error) {
      throw databaseError(error, where);
    } finally {
      client.release();
    }
  }

  async snapshot(): Promise<PostgresSnapshot> {
    this.#refuseClosed();
    return PostgresSnapshot.begin(this.#pool, this.location);
  }

  async transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    this.#refuseClosed();
    const where = `running a transaction in ${this.location}`;
    const client = await this.#connect(where);
    const run = async (text: string): Promise<pg.QueryResult> => {
      try {
        return await client.query(text);
      } catch (error) {
        throw databaseError(error, where);
      }
    };
    let over = false;
    const runner: Runner = {
      query: async (config) => {
        if (over) throw afterTheEnd();
        return client.query(config);
      },
    };
    try {
      await run("BEGIN");
      const result = await work(new PostgresStatements(runner, this.location));
      over = true;
      refuseRolledBack(await run("COMMIT"), where);
      return result;
    } catch (error) {
      over = true;
      await run("ROLLBACK").catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  quote(...name: readonly string[]): string {
    return name.map(quoteIdentifier).join(".");
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #connect(where: string): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw databaseError(error, where);
    }
  }

  #refuseClosed(): void {
    if (this.#closed === undefined) return;
    throw new MillraceError("MLR_DATABASE_UNAVAILABLE", `the connections to ${this.location} are closed`, {
      retry: "never",
    });
  }

  async #close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_GRACE_MS);
    });
    const ended = this.#pool.end().catch(() => undefined);
    await Promise.race([ended, late]);
    clearTimeout(timer);
    // What nobody gave back, such as that of a stream that was left standing.
    for (const client of this.#inUse) cut(client);
  }
}

/** After a statement that failed, which the work may have caught, COMMIT rolls back without an error. */
function refuseRolledBack({ command }: pg.QueryResult, where: string): void {
  if (command !== "ROLLBACK") return;
  throw new MillraceError(
    "MLR_DATABASE_FAILED",
    `${where}: it was rolled back, since one of its statements had failed`,
    { hint: "Let the error of the statement pass, or use a savepoint around it." },
  );
}

function afterTheEnd(): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", "a statement was run after the end of its transaction", {
    hint: "Wait for every statement inside the function that is given to transaction().",
  });
}
