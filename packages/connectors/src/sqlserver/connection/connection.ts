import { MillraceError } from "@millrace/core";
import type { Connection as TediousConnection, Request as TediousRequest } from "tedious";
import { isConnectionLost, sqlServerError, type ErrorSide } from "../errors.ts";
import type { BulkColumn } from "../wire/bulk-column.ts";
import type { WireParameter } from "../wire/parameter.ts";
import type { ColumnMetadata } from "../wire/read-exact.ts";
import { locationOf, type ConnectionSettings } from "./connection-settings.ts";
import { loadDriver, type Driver } from "./driver.ts";
import { driverConfig } from "./driver-config.ts";

/** A column of an answer, as the driver describes it. */
export interface AnswerColumn extends ColumnMetadata {
  readonly colName: string;
  readonly flags: number;
}

/** Values of a row in the order of the columns. */
export type AnswerRow = readonly { readonly value: unknown }[];

/** What is done with an answer while it comes. */
export interface AnswerHandler {
  /** A new result set begins, the first with number 1. */
  columns?(columns: readonly AnswerColumn[], set: number): void;
  row?(row: AnswerRow): void;
}

/** A statement with its values. Without values it is sent as a batch, in which temporary tables outlive the statement. */
export interface Statement {
  readonly text: string;
  readonly parameters?: readonly WireParameter[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is being done, for messages. */
  readonly doing: string;
}

/** A statement while it runs. */
export interface Running {
  /** Rows that it changed or answered, when it has ended. */
  readonly done: Promise<number>;
  pause(): void;
  resume(): void;
  cancel(): void;
}

/** Rows for a table, as values in the order of the columns. */
export interface BulkLoad {
  /** Quoted. */
  readonly table: string;
  readonly columns: readonly BulkColumn[];
  readonly rows: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>;
  /** Locks the whole table while it is filled, which writes less log. Default false. */
  readonly lockTable?: boolean;
  /** Check the table's constraints and fire its triggers as an INSERT does. Default false. */
  readonly asInsert?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** What is being done, for messages. */
  readonly doing: string;
}

/** Isolation levels as the protocol numbers them. */
const READ_COMMITTED = 2;
const SNAPSHOT = 5;

/** How a connection is opened. */
export interface OpenConnection {
  readonly settings: ConnectionSettings;
  /** What the server's views show of it. */
  readonly applicationName: string;
  readonly side: ErrorSide;
  readonly signal?: AbortSignal | undefined;
}

/** One connection to SQL Server: one statement at a time, each error a MillraceError. */
export class Connection {
  readonly location: string;
  readonly #driver: Driver;
  readonly #connection: TediousConnection;
  readonly #side: ErrorSide;
  #lost: MillraceError | undefined;
  #closed = false;

  private constructor(driver: Driver, connection: TediousConnection, options: OpenConnection) {
    this.#driver = driver;
    this.#connection = connection;
    this.#side = options.side;
    this.location = locationOf(options.settings);
    // What happens between statements must not end the process; the next statement tells of it.
    connection.on("error", (error) => this.#lose(error, "connection"));
    connection.on("end", () => this.#lose(new Error("the server ended the connection"), "connection"));
  }

  /** Connects and logs in. */
  static async open(options: OpenConnection): Promise<Connection> {
    options.signal?.throwIfAborted();
    const driver = await loadDriver();
    const where = `connecting to ${locationOf(options.settings)}`;
    let connection: TediousConnection;
    try {
      connection = new driver.Connection(driverConfig(options.settings, options.applicationName));
    } catch (error) {
      throw sqlServerError(error, where, options.side);
    }
    driver.exact.use(connection);
    await connected(connection, { where, side: options.side, signal: options.signal });
    return new Connection(driver, connection, options);
  }

  /** The connection is gone, so that what became of the last statement is not known. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A transaction is open. */
  get inTransaction(): boolean {
    return this.#connection.inTransaction;
  }

  /** Starts a statement; rows come to the handler as they arrive. */
  run(statement: Statement, handler: AnswerHandler = {}): Running {
    let finish: (error: Error | null | undefined, rows?: number) => void = () => undefined;
    const done = this.#settled(statement.doing, statement.signal, (end) => (finish = end));
    const request = new this.#driver.Request(statement.text, (error, rows) => finish(error, rows));
    let set = 0;
    request.on("columnMetadata", (columns) => {
      set += 1;
      handler.columns?.(columns as unknown as readonly AnswerColumn[], set);
    });
    const { row } = handler;
    if (row !== undefined) request.on("row", (columns: AnswerRow) => row.call(handler, columns));
    for (const parameter of statement.parameters ?? []) {
      request.addParameter(
        parameter.name,
        parameter.type(this.#driver.TYPES),
        parameter.value,
        parameter.options,
      );
    }
    const cancel = this.#cancelOn(statement.signal, done, () => request.cancel());
    this.#start(request, statement, finish);
    return { done, cancel, pause: () => request.pause(), resume: () => request.resume() };
  }

  /** Rows are read from the iterable as fast as the server takes them. Resolves to their number. */
  async bulk(load: BulkLoad): Promise<number> {
    let finish: (error: Error | null | undefined, rows?: number) => void = () => undefined;
    const done = this.#settled(load.doing, load.signal, (end) => (finish = end));
    if (this.#unusable(finish)) return done;
    const { asInsert = false, lockTable = false } = load;
    const options = { keepNulls: true, checkConstraints: asInsert, fireTriggers: asInsert, lockTable };
    const bulk = this.#connection.newBulkLoad(load.table, options, (error, rows) => finish(error, rows ?? 0));
    for (const column of load.columns) {
      bulk.addColumn(column.name, column.type(this.#driver.TYPES), column.options);
    }
    const text = bulkText(load, bulk);
    // tedious puts names in brackets as they are, also those with a bracket of their own.
    Object.assign(bulk, { getBulkInsertSql: () => text });
    this.#cancelOn(load.signal, done, () => bulk.cancel());
    try {
      this.#connection.execBulkLoad(bulk, load.rows as Iterable<unknown[]>);
    } catch (error) {
      finish(error as Error);
    }
    return done;
  }

  /** @param isolation `snapshot`: what is read is as of one moment. Default READ COMMITTED. */
  async begin(doing: string, isolation: "readCommitted" | "snapshot" = "readCommitted"): Promise<void> {
    const level = isolation === "snapshot" ? SNAPSHOT : READ_COMMITTED;
    await this.#manage(doing, (callback) => this.#connection.beginTransaction(callback, "", level));
  }

  /** Fails with MLR_COMMIT_UNKNOWN where the connection is lost while the commit is under way. */
  async commit(doing: string): Promise<void> {
    try {
      await this.#manage(doing, (callback) => this.#connection.commitTransaction(callback));
    } catch (error) {
      if (!this.lost || this.#side === "database") throw error;
      throw new MillraceError("MLR_COMMIT_UNKNOWN", `${doing}: the connection was lost during the commit`, {
        hint: "The destination is asked for its last commit when the run goes on.",
        cause: error,
      });
    }
  }

  /** Nothing where no transaction is open: SQL Server has then rolled it back itself. */
  async rollback(doing: string): Promise<void> {
    if (this.lost || this.#closed || !this.inTransaction) return;
    await this.#manage(doing, (callback) => this.#connection.rollbackTransaction(callback));
  }

  /** Sets back what statements changed of the session: temporary tables, settings, locks. */
  async reset(doing: string): Promise<void> {
    await this.#manage(doing, (callback) => this.#connection.reset(callback));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const ended = new Promise<void>((resolve) => this.#connection.once("end", () => resolve()));
    this.#connection.close();
    if (this.#lost === undefined) await ended;
  }

  /** The error as this connection's own. */
  error(error: unknown, doing: string): MillraceError {
    return sqlServerError(error, `${doing} (${this.location})`, this.#side);
  }

  async #manage(doing: string, start: (callback: (error?: Error | null) => void) => void): Promise<void> {
    let finish: (error: Error | null | undefined) => void = () => undefined;
    const done = this.#settled(doing, undefined, (end) => (finish = end));
    if (!this.#unusable(finish)) start((error) => finish(error));
    await done;
  }

  #start(
    request: TediousRequest,
    statement: Statement,
    finish: (error: Error | null | undefined) => void,
  ): void {
    if (this.#unusable(finish)) return;
    try {
      if ((statement.parameters?.length ?? 0) === 0) this.#connection.execSqlBatch(request);
      else this.#connection.execSql(request);
    } catch (error) {
      finish(error as Error);
    }
  }

  /** Whether the connection cannot be used any more, which is then told. */
  #unusable(finish: (error: Error) => void): boolean {
    if (this.#lost !== undefined) finish(this.#lost);
    else if (this.#closed) finish(Object.assign(new Error("the connection is closed"), { code: "ECLOSE" }));
    else return false;
    return true;
  }

  /** A promise for the end of a statement, with its error in our own words. */
  #settled(
    doing: string,
    signal: AbortSignal | undefined,
    hand: (finish: (error: Error | null | undefined, rows?: number) => void) => void,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      hand((error, rows = 0) => {
        if (error === null || error === undefined) return resolve(rows);
        if (signal?.aborted) return reject(signal.reason as Error);
        if (isConnectionLost(error)) this.#lose(error, doing);
        reject(this.error(error, doing));
      });
    });
  }

  #cancelOn(signal: AbortSignal | undefined, done: Promise<unknown>, cancel: () => void): () => void {
    if (signal === undefined) return cancel;
    const abort = (): void => cancel();
    if (signal.aborted) queueMicrotask(abort);
    else signal.addEventListener("abort", abort, { once: true });
    const forget = (): void => signal.removeEventListener("abort", abort);
    done.then(forget, forget);
    return cancel;
  }

  #lose(error: unknown, doing: string): void {
    if (this.#closed || this.#lost !== undefined) return;
    const thrown = error instanceof Error ? error : new Error(String(error));
    const coded = "code" in thrown ? thrown : Object.assign(thrown, { code: "ESOCKET" });
    this.#lost = this.error(coded, doing);
  }
}

function connected(
  connection: TediousConnection,
  how: { where: string; side: ErrorSide; signal: AbortSignal | undefined },
): Promise<void> {
  const { where, side, signal } = how;
  return new Promise((resolve, reject) => {
    // The error of the login lacks the number that tells why.
    let said: { readonly number: number; readonly state: number; readonly class: number } | undefined;
    const note = (message: { number: number; state: number; class: number }): void => {
      said ??= message;
    };
    const abort = (): void => connection.close();
    connection.on("errorMessage", note);
    connection.on("error", () => undefined);
    signal?.addEventListener("abort", abort, { once: true });
    connection.connect((error) => {
      connection.off("errorMessage", note);
      signal?.removeEventListener("abort", abort);
      if (error === undefined || error === null) return resolve();
      connection.close();
      if (signal?.aborted) return reject(signal.reason as Error);
      const { number, state, class: severity } = said ?? {};
      reject(
        sqlServerError(
          said === undefined ? error : Object.assign(error, { number, state, class: severity }),
          where,
          side,
        ),
      );
    });
  });
}

function bulkText(load: BulkLoad, bulk: object): string {
  const columns = (bulk as { readonly columns: readonly { type: { declaration(column: object): string } }[] })
    .columns;
  const list = load.columns
    .map(({ name }, index) => {
      const column = columns[index];
      return `[${name.replaceAll("]", "]]")}] ${column?.type.declaration(column) ?? ""}`;
    })
    .join(", ");
  const options = ["KEEP_NULLS"];
  if (load.asInsert === true) options.unshift("CHECK_CONSTRAINTS", "FIRE_TRIGGERS");
  if (load.lockTable === true) options.push("TABLOCK");
  return `INSERT BULK ${load.table} (${list}) WITH (${options.join(", ")})`;
}
