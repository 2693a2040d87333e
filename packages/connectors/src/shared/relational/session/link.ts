import { MillraceError } from "@millrace/core";
import type { DriverValue } from "../driver-value.ts";
import type { Failure } from "../failure.ts";
import type { BulkTarget, RelationalConnection } from "../relational-connection.ts";
import type { RelationalDialect } from "../relational-dialect.ts";

/** A connection whose errors are explained: what the parts of a session and of an inspector talk to. */
export class Link {
  readonly dialect: RelationalDialect;
  readonly #connection: RelationalConnection;
  #lost = false;
  #open = false;

  private constructor(dialect: RelationalDialect, connection: RelationalConnection) {
    this.dialect = dialect;
    this.#connection = connection;
  }

  /** Connects. Fails with what the dialect makes of the error, most often MLR_DESTINATION_UNAVAILABLE or _PERMISSION. */
  static async open(
    dialect: RelationalDialect,
    options: { readonly name: string; readonly signal?: AbortSignal | undefined },
  ): Promise<Link> {
    const { name, signal } = options;
    try {
      return new Link(dialect, await dialect.connect({ name, signal }));
    } catch (error) {
      throw explained(dialect, error, "connecting").error;
    }
  }

  /** The connection is gone. */
  get lost(): boolean {
    return this.#lost;
  }

  /** @param what is being done, for the message of an error: `reading the state`. */
  query<R extends object = Record<string, unknown>>(what: string, statement: string): Promise<R[]> {
    return this.#explain(what, () => this.#connection.query(statement) as Promise<R[]>);
  }

  execute(what: string, statement: string): Promise<number> {
    return this.#explain(what, () => this.#connection.execute(statement));
  }

  /** Runs statements one after another. */
  async run(what: string, statements: readonly string[]): Promise<void> {
    for (const statement of statements) await this.execute(what, statement);
  }

  async *stream(what: string, statement: string): AsyncGenerator<Record<string, unknown>[]> {
    try {
      yield* this.#connection.stream(statement);
    } catch (error) {
      throw this.#failed(error, what);
    }
  }

  load(what: string, target: BulkTarget, rows: readonly (readonly DriverValue[])[]): Promise<void> {
    return this.#explain(what, () => this.#connection.load(target, rows));
  }

  /** Lets the dialect ask the database something by itself. */
  ask<T>(what: string, work: (connection: RelationalConnection) => Promise<T>): Promise<T> {
    return this.#explain(what, () => work(this.#connection));
  }

  /** A number that a SELECT gives as its column n. */
  async count(what: string, select: string): Promise<number> {
    const [row] = await this.query<{ n: unknown }>(what, select);
    return Number(row?.n ?? 0);
  }

  async begin(what: string): Promise<void> {
    await this.#explain(what, () => this.#connection.begin());
    this.#open = true;
  }

  async commit(what: string): Promise<void> {
    await this.#explain(what, () => this.#connection.commit());
    this.#open = false;
  }

  /** Rolls back where a transaction is open and the connection is there. */
  async rollback(): Promise<void> {
    if (!this.#open || this.#lost) return;
    this.#open = false;
    await this.#explain("rolling back", () => this.#connection.rollback());
  }

  holdName(name: string, force: boolean): Promise<boolean> {
    return this.#explain("taking over", () => this.#connection.holdName(name, force));
  }

  close(abruptly = false): Promise<void> {
    return this.#connection.close(abruptly);
  }

  async #explain<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#failed(error, what);
    }
  }

  #failed(error: unknown, what: string): MillraceError {
    const { error: explanation, failure } = explained(this.dialect, error, what);
    if (failure?.lost === true) this.#lost = true;
    return explanation;
  }
}

/** Whether an error is this condition, see `Failure`. */
export function isCondition(error: unknown, condition: NonNullable<Failure["condition"]>): boolean {
  return error instanceof MillraceError && error.details["condition"] === condition;
}

function explained(
  dialect: RelationalDialect,
  error: unknown,
  what: string,
): { error: MillraceError; failure?: Failure } {
  if (error instanceof MillraceError) return { error };
  const failure = dialect.failure(error);
  const said = failure.message ?? (error instanceof Error ? error.message : String(error));
  const message = `${what} in ${dialect.location}: ${said}`;
  const explanation = new MillraceError(failure.code, message, {
    cause: error,
    details: {
      ...failure.details,
      ...(failure.condition === undefined ? {} : { condition: failure.condition }),
    },
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    ...(failure.retry === undefined ? {} : { retry: failure.retry }),
  });
  return { error: explanation, failure };
}
