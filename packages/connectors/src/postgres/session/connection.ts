import pg from "pg";
import { MillraceError } from "@millrace/core";
import { locationOf, postgresError } from "../errors.ts";

/** What a query gives back. */
export interface Answer<R extends object> {
  readonly rows: R[];
  readonly rowCount: number;
}

export interface ConnectOptions {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly signal?: AbortSignal;
}

/** Milliseconds within which a server has to accept the connection. */
const CONNECT_TIMEOUT_MS = 15_000;
/** Milliseconds that a goodbye may take before the socket is cut. */
const END_TIMEOUT_MS = 2_000;

/**
 * Whatever the database or role has been set to, the session's SQL means the same; and a plan is made for tables that
 * were written a moment ago, so that single rows come from memory.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  search_path: "pg_catalog",
  timezone: "UTC",
  datestyle: "ISO, YMD",
  intervalstyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
  statement_timeout: "0",
  lock_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  default_transaction_isolation: "read committed",
  default_transaction_deferrable: "off",
  row_security: "off",
  jit: "off",
  // Without statistics on staged rows the planner would sort whole tables.
  enable_mergejoin: "off",
  random_page_cost: "1.1",
  work_mem: "64MB",
  maintenance_work_mem: "256MB",
  temp_buffers: "64MB",
};

/** One connection to the server, straight and not through a pooler that shares it: it keeps temporary tables. */
export class Connection {
  readonly location: string;
  readonly client: pg.Client;
  /** Server process, with the time it started: process ids come again. */
  backend = { pid: 0, start: "" };
  /**
   * The schema where tables without a namespace go: the first of the role's search_path. Not the one of Millrace's own
   * state, which a role named `millrace` finds first from the moment it exists.
   */
  defaultSchema: string | null = null;
  #lost: Error | undefined;
  #ended: Promise<void> | undefined;

  private constructor(client: pg.Client, location: string) {
    this.client = client;
    this.location = location;
    // Without a listener an idle connection that breaks would end the process.
    client.on("error", (error) => (this.#lost ??= error));
    client.on("end", () => (this.#lost ??= new Error("Connection terminated")));
  }

  /** Connects. Fails with MLR_DESTINATION_UNAVAILABLE, MLR_DESTINATION_PERMISSION or MLR_RUN_STOPPED. */
  static async open(options: ConnectOptions): Promise<Connection> {
    const { url, signal } = options;
    const location = locationOf(url);
    const client = new pg.Client({
      connectionString: url,
      application_name: options.applicationName.slice(0, 63),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    const connection = new Connection(client, location);
    const abort = (): void => void connection.close();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      if (signal?.aborted === true) throw stopped(location);
      await client.connect();
      await connection.#prepare();
      return connection;
    } catch (error) {
      await connection.close();
      if (signal?.aborted === true) throw stopped(location);
      throw postgresError(error, `connecting to ${location}`);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** The connection is gone, or was closed. */
  get lost(): boolean {
    return this.#lost !== undefined || this.#ended !== undefined;
  }

  /**
   * Runs one statement with parameters (named ones stay prepared), or several without.
   * @param what what is being done, for the error's message.
   */
  async query<R extends object = Record<string, unknown>>(
    what: string,
    statement: string | { readonly name: string; readonly text: string },
    values?: readonly unknown[],
  ): Promise<Answer<R>> {
    if (this.#lost !== undefined) throw this.error(this.#lost, what);
    try {
      const config = typeof statement === "string" ? { text: statement } : statement;
      const result = await this.client.query<R>({
        ...config,
        ...(values === undefined ? {} : { values: [...values] }),
      });
      // Several statements give an array of results: the last one is what is asked for.
      const last = Array.isArray(result) ? (result as pg.QueryResult<R>[]).at(-1) : result;
      return { rows: last?.rows ?? [], rowCount: last?.rowCount ?? 0 };
    } catch (error) {
      throw this.error(error, what);
    }
  }

  /** The MillraceError for what went wrong on this connection. */
  error(error: unknown, what: string): MillraceError {
    return postgresError(error, `${what} (${this.location})`);
  }

  /** Ends the connection; the server rolls back what is uncommitted. Idempotent. */
  close(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, END_TIMEOUT_MS);
    });
    const { stream } = this.#wire;
    await Promise.race([this.client.end().catch(() => undefined), late]);
    clearTimeout(timer);
    stream.destroy();
  }

  /** Cuts the connection without a word: the way out of a COPY that is under way. */
  cut(): void {
    this.#lost ??= new Error("Connection terminated");
    this.#wire.stream.destroy();
  }

  get #wire(): { stream: import("node:net").Socket } {
    return (this.client as unknown as { connection: { stream: import("node:net").Socket } }).connection;
  }

  async #prepare(): Promise<void> {
    const { rows } = await this.client.query<{ pid: number; start: string; schema: string | null }>(
      `SELECT pid, to_json(backend_start)#>>'{}' AS start,
         (SELECT name FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, place)
          WHERE name <> 'millrace' ORDER BY place LIMIT 1) AS schema
       FROM pg_stat_activity WHERE pid = pg_backend_pid()`,
    );
    const [own] = rows;
    if (own === undefined) throw new Error("the server does not show this connection in pg_stat_activity");
    this.backend = { pid: own.pid, start: own.start };
    this.defaultSchema = own.schema;
    const settings = Object.entries(SETTINGS).map(([name, value]) => `SET ${name} = '${value}'`);
    await this.client.query(settings.join(";"));
    // Not to be had on every platform: it only shortens how long a dead client's statement goes on.
    await this.client.query("SET client_connection_check_interval = '200ms'").catch(() => undefined);
  }
}

function stopped(location: string): MillraceError {
  return new MillraceError("MLR_RUN_STOPPED", `stopped while connecting to ${location}`);
}
