import {
  MillraceError,
  type Database,
  type DatabaseDialect,
  type DatabaseSnapshot,
  type DatabaseTable,
  type LoadOptions,
  type Row,
  type RowBatch,
  type Sql,
  type Statements,
  type StreamOptions,
} from "@millrace/core";
import { answerBatches } from "../connection/answer-batches.ts";
import type { Connection } from "../connection/connection.ts";
import { locationOf, type ConnectionSettings } from "../connection/connection-settings.ts";
import { Pool } from "../connection/pool.ts";
import { quotePath } from "../quote.ts";
import { describeTable, loadColumns } from "./catalog.ts";
import { loadRows } from "./load-rows.ts";
import { leavesTraces, statementOf, statementsOn } from "./statements.ts";
import { SqlServerSnapshot } from "./sqlserver-snapshot.ts";
import { stopIfAborted } from "./stop-if-aborted.ts";
import { sqlServerTableDialect } from "./table-dialect.ts";

const BATCH_ROWS = 1000;

/** SQL Server for code of pipelines, and as something to read from. */
export class SqlServerDatabase implements Database {
  readonly kind = "sqlserver";
  readonly location: string;
  readonly dialect: DatabaseDialect;
  readonly quote = quotePath;
  /** Absent where the database keeps no versions of rows. */
  readonly snapshot?: () => Promise<DatabaseSnapshot>;
  readonly #pool: Pool;
  readonly #schema: string | undefined;
  readonly #statements: Statements;

  constructor(options: {
    readonly settings: ConnectionSettings;
    readonly schema: string | undefined;
    readonly maxConnections: number;
    /** The database allows transactions of isolation level SNAPSHOT. */
    readonly snapshots: boolean;
    open(): Promise<Connection>;
  }) {
    this.location = locationOf(options.settings);
    this.#schema = options.schema;
    this.dialect = sqlServerTableDialect(options.schema);
    this.#pool = new Pool(options.open, options.maxConnections);
    if (options.snapshots) this.snapshot = () => SqlServerSnapshot.begin(this.#pool);
    this.#statements = statementsOn((statement, work) => this.#pool.use(leavesTraces(statement), work));
  }

  query<R extends Row = Row>(statement: string | Sql, values?: readonly unknown[]): Promise<R[]> {
    return this.#statements.query<R>(statement, values);
  }

  execute(statement: string | Sql, values?: readonly unknown[]): Promise<number> {
    return this.#statements.execute(statement, values);
  }

  call<R extends Row = Row>(procedure: string, values?: readonly unknown[]): Promise<R[]> {
    return this.#statements.call<R>(procedure, values);
  }

  async *stream(
    text: string | Sql,
    values?: readonly unknown[],
    { batchRows = BATCH_ROWS, signal }: StreamOptions = {},
  ): AsyncIterable<RowBatch> {
    const statement = statementOf(text, values, "streaming a query");
    stopIfAborted(signal);
    const connection = await this.#pool.take();
    try {
      yield* answerBatches(connection, { ...statement, signal, batchRows });
    } catch (error) {
      stopIfAborted(signal, error);
      throw error;
    } finally {
      await this.#pool.give(connection, leavesTraces(statement));
    }
  }

  async load(rows: Iterable<Row> | AsyncIterable<Row>, options: LoadOptions): Promise<number> {
    stopIfAborted(options.signal);
    try {
      return await this.#pool.use(false, (connection) =>
        loadRows(connection, rows, {
          ...options,
          columnsOf: (table) => loadColumns(connection, this.#place(table, options.namespace)),
        }),
      );
    } catch (error) {
      stopIfAborted(options.signal, error);
      throw error;
    }
  }

  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    return this.#pool.use(true, async (connection) => {
      await connection.begin("beginning a transaction");
      let ended = false;
      const statements = statementsOn((_statement, run) => {
        if (ended) throw transactionEnded();
        return run(connection);
      });
      try {
        const result = await work(statements);
        ended = true;
        await connection.commit("committing a transaction");
        return result;
      } catch (error) {
        ended = true;
        // What failed tells more than what its rollback says.
        await connection.rollback("rolling a transaction back").catch(() => undefined);
        throw error;
      }
    });
  }

  describe(table: string, namespace?: string): Promise<DatabaseTable | undefined> {
    return this.#pool.use(false, (connection) => describeTable(connection, this.#place(table, namespace)));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #place(name: string, namespace = this.#schema): { name: string; namespace: string | undefined } {
    return { name, namespace };
  }
}

function transactionEnded(): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", "a statement was sent after its transaction had ended", {
    hint: "Wait for every statement inside of the function that transaction() is given.",
  });
}
