import type { EncodedRows } from "../encoded-rows.ts";
import type { Row } from "../row.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import type { Environment } from "../target.ts";
import type { DatabaseDialect } from "./database-dialect.ts";
import type { Sql } from "./sql.ts";

/**
 * A database that pipelines may use besides their destination: what `postgres()`, `mariadb()`, `clickhouse()` and
 * `sqlserver()` return. Named in `millrace.config.ts` (`databases: { crm: mariadb({ url }) }`) it is reached in user
 * code as `context.database("crm")`; unnamed it is handed to the source `database({ from })`.
 */
export interface DatabaseConnector {
  /** A word for people, such as `mariadb`. */
  readonly kind: string;
  /** Connects. Fails with MLR_DATABASE_UNAVAILABLE, MLR_DATABASE_FAILED or MLR_DRIVER_MISSING. */
  connect(environment: Environment): Promise<Database>;
}

/**
 * Values of a statement. Text is sent as it is, with the database's own placeholders (`$1`, `?`, `@p1`, `{p1:Int32}`),
 * the values beside it; a statement written with the tag `statement` is the same for every database.
 */
export interface Statements {
  /** All rows of the answer: for small ones; `stream` bounds the memory. */
  query<R extends Row = Row>(statement: string | Sql, values?: readonly unknown[]): Promise<R[]>;
  /** Runs a statement that answers no rows. Resolves to the number of rows it changed; 0 where the database does not say. */
  execute(statement: string | Sql, values?: readonly unknown[]): Promise<number>;
  /** Calls a stored procedure by its name and resolves to the rows of its (first) answer. */
  call<R extends Row = Row>(procedure: string, values?: readonly unknown[]): Promise<R[]>;
}

/** How `stream` reads. */
export interface StreamOptions {
  /** Rows per batch. Default 1,000. */
  readonly batchRows?: number;
  /** Aborts the statement. */
  readonly signal?: AbortSignal;
}

/** A part of a large answer. */
export interface RowBatch {
  /** The same in every batch. A type that has no counterpart is `text`, and its values are text. */
  readonly columns: readonly ColumnDefinition[];
  readonly rows: readonly Row[];
}

/** Where bulk rows go. */
export interface LoadOptions {
  /** The table's name; it exists already. */
  readonly table: string;
  /** Database schema (namespace). Default: the connection's own. */
  readonly namespace?: string;
  /** The columns that are filled, in this order. Default: the keys of the first row. */
  readonly columns?: readonly string[];
  /** Stops the load with MLR_RUN_STOPPED; what it did is rolled back where the database has transactions. */
  readonly signal?: AbortSignal;
}

/** How `encoded` reads. */
export interface EncodedOptions {
  /** Aborts the statement. */
  readonly signal?: AbortSignal;
}

/** The database as of one moment: later changes are not seen. It holds a connection until it is closed, so one statement runs at a time. */
export interface DatabaseSnapshot
  extends Pick<Statements, "query">, Pick<Database, "stream" | "encoding" | "encoded"> {
  /** Idempotent. */
  close(): Promise<void>;
}

/** A table or view as its database has it. */
export interface DatabaseTable {
  readonly columns: readonly ColumnDefinition[];
  /** Columns of the primary key in its order; empty where there is none. */
  readonly key: readonly string[];
}

/**
 * A connected database, the same for every kind. Values come exact: integers as number, beyond 2^53 as bigint;
 * decimals as text; `date`, `time`, `timestamp` as ISO 8601 text with the database's own precision, `timestamptz` in UTC
 * with `Z`; json parsed; bytes as Uint8Array. The same forms are accepted as values, and `Date` besides; a statement does not
 * say what it wants, so there json is given as its text (objects may be given as they are), while `load` knows the columns.
 */
export interface Database extends Statements {
  readonly kind: string;
  /** Where it is, without secrets, for messages. */
  readonly location: string;
  /** How its SQL differs from that of others. Absent: statements with the tag `statement` are told with `$1`, and `createTables` is refused. */
  readonly dialect?: DatabaseDialect;
  /**
   * A large answer in bounded memory; it ends early where the consumer does. An answer without rows is one batch without
   * rows, so that its columns are known. An abort ends it with MLR_RUN_STOPPED.
   */
  stream(
    statement: string | Sql,
    values?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncIterable<RowBatch>;
  /** Loads rows by the database's bulk path, all of them or none where it has transactions. Resolves to their number. */
  load(rows: Iterable<Row> | AsyncIterable<Row>, options: LoadOptions): Promise<number>;
  /** Commits when `work` resolves, rolls back when it rejects. Fails with MLR_DATABASE_UNSUPPORTED where there are no transactions. */
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
  /** What a table or view looks like; undefined where there is none of that name. Absent: the database cannot tell. */
  describe?(table: string, namespace?: string): Promise<DatabaseTable | undefined>;
  /** The format in which `encoded` gives rows. */
  readonly encoding?: string;
  /**
   * A large answer as the database itself encodes it, for another of its kind; otherwise like `stream`, also where there are no rows. Absent: it has no
   * form that is worth it. Fails with MLR_DATABASE_UNSUPPORTED where the answer has a type that cannot be decoded.
   */
  encoded?(statement: string | Sql, options?: EncodedOptions): AsyncIterable<EncodedRows>;
  /** Reads what comes of several statements as of one moment. Absent: the database cannot, or it would lock others out. */
  snapshot?(): Promise<DatabaseSnapshot>;
  /** Quotes a name, also a dotted one given in parts: `quote("public", "my table")`. */
  quote(...name: readonly string[]): string;
  /** Frees the connections. Idempotent. */
  close(): Promise<void>;
}
