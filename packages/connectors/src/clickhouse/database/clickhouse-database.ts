import {
  MillraceError,
  type Database,
  type DatabaseTable,
  type LoadOptions,
  type Row,
  type RowBatch,
  type Sql,
  type StreamOptions,
} from "@millrace/core";
import { isUnknownTable } from "../state/journal.ts";
import type { ResolvedClickHouseOptions } from "../options.ts";
import { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quoteText } from "../server/quote.ts";
import type { ServerSettings } from "../settings.ts";
import { clickhouseDialect } from "./clickhouse-dialect.ts";
import { loadRows } from "./load-rows.ts";
import { quoteName } from "./quote-name.ts";
import { streamAnswer } from "./read-answer.ts";
import { parseServerType } from "./server-type.ts";
import { statementText } from "./statement-text.ts";

const BATCH_ROWS = 1_000;

/** Connects. Fails as `ClickHouseServer.connect`. */
export async function connectDatabase(
  settings: ServerSettings,
  options: ResolvedClickHouseOptions,
): Promise<Database> {
  const server = await ClickHouseServer.connect({ settings, use: "DATABASE", inDatabase: true });
  return new ClickHouseDatabase(server, options.batchBytes);
}

class ClickHouseDatabase implements Database {
  readonly kind = "clickhouse";
  readonly location: string;
  readonly dialect: NonNullable<Database["dialect"]>;
  readonly #server: ClickHouseServer;
  readonly #batchBytes: number;
  #closed = false;

  constructor(server: ClickHouseServer, batchBytes: number) {
    this.#server = server;
    this.#batchBytes = batchBytes;
    this.location = server.settings.location;
    this.dialect = clickhouseDialect(server.features);
  }

  async query<R extends Row = Row>(statement: string | Sql, values?: readonly unknown[]): Promise<R[]> {
    const rows: Row[] = [];
    for await (const batch of this.stream(statement, values, { batchRows: 10_000 })) rows.push(...batch.rows);
    return rows as R[];
  }

  async execute(statement: string | Sql, values?: readonly unknown[]): Promise<number> {
    this.#check();
    await this.#server.run(statementText(statement, values));
    return 0;
  }

  call<R extends Row = Row>(procedure: string): Promise<R[]> {
    return Promise.reject(
      unsupported(`procedures, so "${procedure}" cannot be called`, "Run its statements one by one."),
    );
  }

  async *stream(
    statement: string | Sql,
    values?: readonly unknown[],
    { batchRows = BATCH_ROWS, signal }: StreamOptions = {},
  ): AsyncGenerator<RowBatch, void, undefined> {
    this.#check();
    throwStopped(signal);
    for await (const batch of streamAnswer(this.#server, statementText(statement, values), {
      batchRows,
      signal,
    })) {
      yield batch;
      throwStopped(signal);
    }
  }

  async load(rows: Iterable<Row> | AsyncIterable<Row>, options: LoadOptions): Promise<number> {
    this.#check();
    return loadRows(this.#server, rows, { ...options, batchBytes: this.#batchBytes });
  }

  transaction<T>(): Promise<T> {
    return Promise.reject(unsupported("transactions", "Let each statement stand for itself."));
  }

  async describe(table: string, namespace?: string): Promise<DatabaseTable | undefined> {
    this.#check();
    const database = namespace ?? this.#server.settings.database;
    const described = await this.#server
      .values(`DESCRIBE TABLE ${quoteName(database, table)}`)
      .catch((error: unknown) => {
        if (isUnknownTable(error)) return undefined;
        throw error;
      });
    if (described === undefined) return undefined;
    const columns = described.map(([name, type]) => {
      const known = parseServerType(String(type));
      return {
        name: String(name),
        type: known?.type ?? ({ kind: "text" } as const),
        nullable: known?.nullable ?? false,
      };
    });
    const [row] = await this.#server.values(
      `SELECT primary_key FROM system.tables WHERE database = ${quoteText(database)} AND name = ${quoteText(table)}`,
    );
    return { columns, key: keyNames(String(row?.[0] ?? ""), columns) };
  }

  quote(...name: readonly string[]): string {
    return quoteName(...name);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#server.close();
  }

  #check(): void {
    if (this.#closed)
      throw new MillraceError("MLR_DATABASE_FAILED", `the connection to ${this.location} is closed`);
  }
}

function throwStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new MillraceError("MLR_RUN_STOPPED", "a statement of ClickHouse was stopped");
}

/** Columns of a primary key such as `a, b`; expressions are no columns. */
function keyNames(text: string, columns: readonly { readonly name: string }[]): string[] {
  const parts = text.split(",").map((part) => part.trim().replace(/^`|`$/g, ""));
  return parts.filter((part) => columns.some(({ name }) => name === part));
}

function unsupported(what: string, hint: string): MillraceError {
  return new MillraceError("MLR_DATABASE_UNSUPPORTED", `ClickHouse has no ${what}`, { hint });
}
