import { MillraceError } from "../errors.ts";
import type { Row } from "../row.ts";
import type { DatabaseDialect } from "./database-dialect.ts";
import type {
  Database,
  DatabaseSnapshot,
  LoadOptions,
  RowBatch,
  Statements,
  StreamOptions,
} from "./database.ts";
import { ObservedStatements, type ObserveOptions } from "./observed-statements.ts";
import type { Sql } from "./sql.ts";

/** The same database, telling of each statement. Every connector's statements are observed here, so that none can forget to. */
export function observedDatabase(database: Database, options: ObserveOptions): Database {
  return new ObservedDatabase(database, options);
}

/** Reads from a database or a snapshot of it, telling of each statement. */
class ObservedReader extends ObservedStatements {
  declare readonly encoding?: string;
  declare readonly encoded?: NonNullable<Database["encoded"]>;
  readonly #reader: Pick<Database, "stream">;

  constructor(
    reader: Pick<Database, "query" | "stream" | "encoded" | "encoding">,
    of: { readonly database: Database; readonly statements: Statements; readonly options: ObserveOptions },
  ) {
    super(of.statements, of.database, of.options);
    this.#reader = reader;
    if (reader.encoding === undefined || reader.encoded === undefined) return;
    this.encoding = reader.encoding;
    const encoded = reader.encoded.bind(reader);
    this.encoded = (statement, how) => this.#told(statement, encoded(statement, how), ({ count }) => count);
  }

  stream(
    statement: string | Sql,
    values?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncGenerator<RowBatch> {
    const batches = this.#reader.stream(statement, values, options);
    return this.#told(statement, batches, ({ rows }) => rows.length);
  }

  async *#told<T>(
    statement: string | Sql,
    batches: AsyncIterable<T>,
    count: (batch: T) => number,
  ): AsyncGenerator<T> {
    const watch = this.watch("stream", this.text(statement));
    let rows = 0;
    let failure: unknown;
    try {
      for await (const batch of batches) {
        rows += count(batch);
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
}

class ObservedSnapshot extends ObservedReader implements DatabaseSnapshot {
  readonly #snapshot: DatabaseSnapshot;

  constructor(snapshot: DatabaseSnapshot, database: Database, options: ObserveOptions) {
    const only = (): never => {
      throw new MillraceError("MLR_DATABASE_UNSUPPORTED", "a snapshot only reads");
    };
    const statements: Statements = { query: snapshot.query.bind(snapshot), execute: only, call: only };
    super(snapshot, { database, statements, options });
    this.#snapshot = snapshot;
  }

  close(): Promise<void> {
    return this.#snapshot.close();
  }
}

class ObservedDatabase extends ObservedReader implements Database {
  readonly kind: string;
  readonly location: string;
  declare readonly dialect?: DatabaseDialect;
  declare readonly describe?: NonNullable<Database["describe"]>;
  declare readonly snapshot?: NonNullable<Database["snapshot"]>;
  readonly #options: ObserveOptions;

  constructor(database: Database, options: ObserveOptions) {
    super(database, { database, statements: database, options });
    this.kind = database.kind;
    this.location = database.location;
    this.#options = options;
    if (database.dialect !== undefined) this.dialect = database.dialect;
    if (database.describe !== undefined) this.describe = database.describe.bind(database);
    const snapshot = database.snapshot?.bind(database);
    if (snapshot === undefined) return;
    this.snapshot = async () => new ObservedSnapshot(await snapshot(), database, options);
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
