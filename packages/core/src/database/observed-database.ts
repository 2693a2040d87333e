import type { Clock } from "../clock.ts";
import { asMillraceError } from "../errors.ts";
import type { Row } from "../row.ts";
import type { Database, LoadOptions, RowBatch, Statements, StreamOptions } from "./database.ts";
import type { DatabaseDialect } from "./database-dialect.ts";
import { sqlText, type Sql } from "./sql.ts";
import type { StatementRecord } from "./statement-record.ts";

/** What an observed database tells, and of whom. */
export interface ObserveOptions {
  /** The name in the configuration. Default: the location. */
  readonly name?: string;
  readonly clock: Clock;
  /** Is told each statement once it is over. */
  tell(record: StatementRecord): void;
}

type Operation = StatementRecord["operation"];

/** The same database, telling of each statement. Every connector's statements are observed here, so that none can forget to. */
export function observedDatabase(database: Database, options: ObserveOptions): Database {
  return new ObservedDatabase(database, options);
}

/** Tells how long a statement took and how it ended. */
class Watch {
  readonly #database: Database;
  readonly #options: ObserveOptions;
  readonly #operation: Operation;
  readonly #text: string;
  readonly #startedAt: number;

  constructor(database: Database, options: ObserveOptions, operation: Operation, text: string) {
    this.#database = database;
    this.#options = options;
    this.#operation = operation;
    this.#text = text;
    this.#startedAt = options.clock.monotonic();
  }

  done(rows: number | undefined): void {
    this.#tell(rows === undefined ? {} : { rows });
  }

  failed(error: unknown): void {
    const { code, message } = asMillraceError(error, "MLR_DATABASE_FAILED");
    this.#tell({ error: { code, message } });
  }

  #tell(outcome: Pick<StatementRecord, "rows" | "error">): void {
    const { name, clock, tell } = this.#options;
    tell({
      database: name ?? this.#database.location,
      kind: this.#database.kind,
      operation: this.#operation,
      text: this.#text,
      durationMs: Math.max(0, clock.monotonic() - this.#startedAt),
      ...outcome,
    });
  }
}

class ObservedStatements implements Statements {
  readonly #statements: Statements;
  protected readonly watch: (operation: Operation, text: string) => Watch;
  protected readonly database: Database;

  constructor(statements: Statements, database: Database, options: ObserveOptions) {
    this.#statements = statements;
    this.database = database;
    this.watch = (operation, text) => new Watch(database, options, operation, text);
  }

  query<R extends Row = Row>(statement: string | Sql, values?: readonly unknown[]): Promise<R[]> {
    return this.#told(
      "query",
      this.text(statement),
      () => this.#statements.query<R>(statement, values),
      rowsOf,
    );
  }

  execute(statement: string | Sql, values?: readonly unknown[]): Promise<number> {
    return this.#told(
      "execute",
      this.text(statement),
      () => this.#statements.execute(statement, values),
      Number,
    );
  }

  call<R extends Row = Row>(procedure: string, values?: readonly unknown[]): Promise<R[]> {
    return this.#told("call", `CALL ${procedure}`, () => this.#statements.call<R>(procedure, values), rowsOf);
  }

  protected text(statement: string | Sql): string {
    if (typeof statement === "string") return statement;
    return sqlText(statement, (number) => this.database.dialect?.placeholder(number) ?? `$${number}`);
  }

  async #told<T>(
    operation: Operation,
    text: string,
    run: () => Promise<T>,
    rows: (answer: T) => number,
  ): Promise<T> {
    const watch = this.watch(operation, text);
    let answer: T;
    try {
      answer = await run();
    } catch (error) {
      watch.failed(error);
      throw error;
    }
    watch.done(rows(answer));
    return answer;
  }
}

class ObservedDatabase extends ObservedStatements implements Database {
  readonly kind: string;
  readonly location: string;
  declare readonly dialect?: DatabaseDialect;
  declare readonly describe?: NonNullable<Database["describe"]>;
  readonly #options: ObserveOptions;

  constructor(database: Database, options: ObserveOptions) {
    super(database, database, options);
    this.kind = database.kind;
    this.location = database.location;
    this.#options = options;
    if (database.dialect !== undefined) this.dialect = database.dialect;
    if (database.describe !== undefined) this.describe = database.describe.bind(database);
  }

  async *stream(
    statement: string | Sql,
    values?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncGenerator<RowBatch> {
    const watch = this.watch("stream", this.text(statement));
    let rows = 0;
    let failure: unknown;
    try {
      for await (const batch of this.database.stream(statement, values, options)) {
        rows += batch.rows.length;
        yield batch;
      }
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      if (failure === undefined) watch.done(rows);
      else watch.failed(failure);
    }
  }

  async load(rows: Iterable<Row> | AsyncIterable<Row>, options: LoadOptions): Promise<number> {
    const { table, namespace, columns } = options;
    const names = columns === undefined ? "" : ` (${columns.map((each) => this.quote(each)).join(", ")})`;
    const into = namespace === undefined ? this.quote(table) : this.quote(namespace, table);
    const watch = this.watch("load", `INSERT INTO ${into}${names}`);
    try {
      const loaded = await this.database.load(rows, options);
      watch.done(loaded);
      return loaded;
    } catch (error) {
      watch.failed(error);
      throw error;
    }
  }

  async transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    let watch = this.watch("transaction", "COMMIT");
    try {
      const result = await this.database.transaction(async (statements) => {
        try {
          return await work(new ObservedStatements(statements, this.database, this.#options));
        } catch (error) {
          watch = this.watch("transaction", "ROLLBACK");
          throw error;
        }
      });
      watch.done(undefined);
      return result;
    } catch (error) {
      watch.failed(error);
      throw error;
    }
  }

  quote(...name: readonly string[]): string {
    return this.database.quote(...name);
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

function rowsOf(answer: readonly Row[]): number {
  return answer.length;
}
