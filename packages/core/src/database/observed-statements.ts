import type { Clock } from "../clock.ts";
import { asMillraceError } from "../errors.ts";
import type { Row } from "../row.ts";
import type { Database, Statements } from "./database.ts";
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

/** Statements that are told. */
export class ObservedStatements implements Statements {
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

function rowsOf(answer: readonly Row[]): number {
  return answer.length;
}
