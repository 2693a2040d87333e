import {
  MillraceError,
  type Database,
  type DatabaseSnapshot,
  type DatabaseTable,
  type LoadOptions,
  type Row,
  type RowBatch,
  type Sql,
  type Statements,
  type StreamOptions,
} from "@millrace/core";
import type { Connection, Pool, PoolConnection } from "mariadb";
import { locationOf } from "../connection/location-of.ts";
import { MariadbConnection } from "../connection/mariadb-connection.ts";
import { databaseError } from "../errors.ts";
import { quote } from "../quote.ts";
import type { ResolvedMariadbOptions } from "../options.ts";
import { mariadbDatabaseDialect } from "./database-dialect.ts";
import { loadRows } from "./load-rows.ts";
import { MariadbStatements, sentStatement, type Lend } from "./mariadb-statements.ts";
import { streamRows, type Lease } from "./stream-rows.ts";
import { tableColumns } from "./table-columns.ts";

/** MariaDB as a database that pipelines use. */
export class MariadbDatabase implements Database {
  readonly kind = "mariadb";
  readonly location: string;
  readonly dialect = mariadbDatabaseDialect;
  readonly #pool: Pool;
  readonly #files: Map<string, Buffer>;
  readonly #statements: MariadbStatements;
  readonly #inUse = new Set<Connection>();
  #closed: Promise<void> | undefined;

  /** @param files what the pool's connections give for the file names in LOAD DATA LOCAL. */
  constructor(pool: Pool, files: Map<string, Buffer>, options: ResolvedMariadbOptions) {
    this.location = locationOf(options.url);
    this.#pool = pool;
    this.#files = files;
    this.#statements = new MariadbStatements((where, work) => this.#lend(where, work), this.location);
  }

  async query<R extends Row = Row>(statement: string | Sql, values?: readonly unknown[]): Promise<R[]> {
    return this.#statements.query<R>(statement, values);
  }

  async execute(statement: string | Sql, values?: readonly unknown[]): Promise<number> {
    return this.#statements.execute(statement, values);
  }

  async call<R extends Row = Row>(procedure: string, values?: readonly unknown[]): Promise<R[]> {
    return this.#statements.call<R>(procedure, values);
  }

  async *stream(
    statement: string | Sql,
    values?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncGenerator<RowBatch> {
    const where = `streaming from ${this.location}`;
    yield* streamRows(() => this.#lease(where), sentStatement(statement, values), { where, options });
  }

  async load(rows: Iterable<Row> | AsyncIterable<Row>, options: LoadOptions): Promise<number> {
    return this.#lend(`loading into table "${options.table}" of ${this.location}`, (connection) =>
      loadRows(new MariadbConnection(connection, this.#files), rows, { options, location: this.location }),
    );
  }

  async describe(table: string, namespace?: string): Promise<DatabaseTable | undefined> {
    const where = `describing table "${table}" of ${this.location}`;
    const found = await this.#lend(where, async (connection) => {
      try {
        return await tableColumns(new MariadbConnection(connection, this.#files), table, namespace);
      } catch (error) {
        throw databaseError(error, where);
      }
    });
    if (found.length === 0) return undefined;
    const key = found.filter((column) => column.key >= 0).toSorted((a, b) => a.key - b.key);
    return {
      columns: found.map(({ name, type = { kind: "text" }, nullable }) => ({
        name,
        type,
        ...(nullable ? {} : { nullable }),
      })),
      key: key.map(({ name }) => name),
    };
  }

  async transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    const where = `running a transaction in ${this.location}`;
    return this.#lend(where, async (connection) => {
      const run = async (step: () => Promise<void>): Promise<void> => {
        try {
          await step();
        } catch (error) {
          throw databaseError(error, where);
        }
      };
      let over = false;
      const own: Lend = async (_where, statement) => {
        if (over) throw afterTheEnd();
        return statement(connection);
      };
      await run(() => connection.beginTransaction());
      try {
        const result = await work(new MariadbStatements(own, this.location));
        over = true;
        await run(() => connection.commit());
        return result;
      } catch (error) {
        over = true;
        await connection.rollback().catch(() => undefined);
        throw error;
      }
    });
  }

  async snapshot(): Promise<DatabaseSnapshot> {
    const where = `taking a snapshot of ${this.location}`;
    const lease = await this.#lease(where);
    const { connection } = lease;
    try {
      await connection.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      await connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    } catch (error) {
      lease.end(true);
      throw databaseError(error, where);
    }
    return new MariadbSnapshot(lease, this.location);
  }

  quote(...name: readonly string[]): string {
    return name.map(quote).join(".");
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #lend<T>(where: string, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    const connection = await this.#take(where);
    try {
      return await work(connection);
    } finally {
      this.#inUse.delete(connection);
      await connection.release().catch(() => undefined);
    }
  }

  async #lease(where: string): Promise<Lease> {
    const connection = await this.#take(where);
    return {
      connection,
      end: (broken) => {
        this.#inUse.delete(connection);
        if (broken) connection.destroy();
        else void connection.release().catch(() => undefined);
      },
    };
  }

  async #take(where: string): Promise<PoolConnection> {
    if (this.#closed !== undefined) {
      throw new MillraceError("MLR_DATABASE_UNAVAILABLE", `the connections to ${this.location} are closed`, {
        retry: "never",
      });
    }
    try {
      const connection = await this.#pool.getConnection();
      this.#inUse.add(connection);
      return connection;
    } catch (error) {
      throw databaseError(error, where);
    }
  }

  async #close(): Promise<void> {
    // What nobody gave back, such as that of a stream that was left standing.
    for (const connection of this.#inUse) connection.destroy();
    await this.#pool.end().catch(() => undefined);
  }
}

/** Statements that see one moment. */
class MariadbSnapshot implements DatabaseSnapshot {
  readonly #lease: Lease;
  readonly #location: string;
  readonly #statements: MariadbStatements;
  #broken = false;
  #closed = false;

  constructor(lease: Lease, location: string) {
    this.#lease = lease;
    this.#location = location;
    this.#statements = new MariadbStatements((_where, work) => work(lease.connection), location);
  }

  query<R extends Row = Row>(statement: string | Sql, values?: readonly unknown[]): Promise<R[]> {
    return this.#statements.query<R>(statement, values);
  }

  async *stream(
    statement: string | Sql,
    values?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncGenerator<RowBatch> {
    const where = `streaming from ${this.#location}`;
    const own: Lease = {
      connection: this.#lease.connection,
      end: (broken) => {
        this.#broken ||= broken;
      },
    };
    yield* streamRows(() => Promise.resolve(own), sentStatement(statement, values), { where, options });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#broken) await this.#lease.connection.rollback().catch(() => undefined);
    this.#lease.end(this.#broken);
  }
}

function afterTheEnd(): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", "a statement was run after the end of its transaction", {
    hint: "Wait for every statement inside the function that is given to transaction().",
  });
}
