import { hash } from "node:crypto";
import { MillraceError } from "@millrace/core";
import pg from "pg";
import { dataFailure } from "./data-failure.ts";
import type { Queryable } from "./queryable.ts";
import type { Statement } from "./statement.ts";

/** Where and how the collected data is read. */
export interface DataReaderOptions {
  /** Connection URL of the database with the tables, or of a read replica of it. */
  readonly url: string;
  /** Connections that the requests of one role may have. Default 8. */
  readonly connections?: number | undefined;
  /** Milliseconds after which a statement is ended. Default 30,000. */
  readonly statementMs?: number | undefined;
}

/** How a statement is run. */
export interface ReadOptions {
  /** Whose connections are used. */
  readonly role: string;
  /** Aborted when nobody waits for the answer any more: then the database stops working on it. */
  readonly signal?: AbortSignal | undefined;
}

const CONNECT_MS = 10_000;
/** Statements that each connection keeps prepared; what is asked beyond them is planned each time. */
const PREPARED = 200;
/** Roles that have connections of their own; the others share. */
const POOLS = 32;
/** Milliseconds that a client may leave an export waiting. */
const IDLE_EXPORT_MS = 300_000;

/** Reads rows, and cannot do more: each connection is read-only, limited in time, and of one role. */
export class DataReader {
  readonly statementMs: number;
  readonly #options: DataReaderOptions;
  readonly #pools = new Map<string, pg.Pool>();
  readonly #names = new Map<string, string>();
  readonly #service: pg.Pool;

  constructor(options: DataReaderOptions) {
    this.#options = options;
    this.statementMs = options.statementMs ?? 30_000;
    this.#service = this.#makePool(2);
  }

  /** Connections for what the server itself has to know, which no request can use up. */
  get service(): Queryable {
    return this.#service;
  }

  /** Runs a statement. Fails as `dataFailure` says, and with the signal's reason. */
  async query<R extends pg.QueryResultRow>(
    statement: Statement,
    options: ReadOptions,
  ): Promise<readonly R[]> {
    const client = await this.#connect(options);
    const done = this.#cancelWhenAborted(client, options.signal);
    try {
      const name = this.#nameOf(statement.text);
      const { rows } = await client.query<R>({
        text: statement.text,
        values: [...statement.values],
        ...(name === undefined ? {} : { name }),
      });
      await done();
      client.release();
      return rows;
    } catch (error) {
      await done();
      client.release(isBroken(error));
      options.signal?.throwIfAborted();
      throw dataFailure(error, this.statementMs);
    }
  }

  /** Reads the rows of a statement in portions, all as of one moment; the next one is read when it is asked for. */
  async *stream<R extends pg.QueryResultRow>(
    statement: Statement,
    options: ReadOptions & { readonly portion: number },
  ): AsyncGenerator<readonly R[]> {
    const client = await this.#connect(options);
    const done = this.#cancelWhenAborted(client, options.signal);
    let failed: unknown;
    try {
      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      await client.query(`SET LOCAL idle_in_transaction_session_timeout = ${IDLE_EXPORT_MS}`);
      await client.query({
        text: `DECLARE millrace_rows NO SCROLL CURSOR FOR ${statement.text}`,
        values: [...statement.values],
      });
      for (;;) {
        const { rows } = await client.query<R>(`FETCH ${options.portion} FROM millrace_rows`);
        if (rows.length > 0) yield rows;
        if (rows.length < options.portion) break;
        options.signal?.throwIfAborted();
      }
    } catch (error) {
      failed = error;
      options.signal?.throwIfAborted();
      throw dataFailure(error, this.statementMs);
    } finally {
      await done();
      if (failed === undefined || !isBroken(failed))
        await client.query("ROLLBACK").catch((error: unknown) => (failed = error));
      client.release(failed !== undefined);
    }
  }

  /** Ends the connections. Idempotent. */
  async close(): Promise<void> {
    const pools = [this.#service, ...this.#pools.values()].filter((pool) => !pool.ending);
    await Promise.all(pools.map((pool) => pool.end()));
  }

  async #connect({ role, signal }: ReadOptions): Promise<pg.PoolClient> {
    signal?.throwIfAborted();
    try {
      return await this.#poolOf(role).connect();
    } catch (error) {
      throw dataFailure(error, this.statementMs);
    }
  }

  #poolOf(role: string): pg.Pool {
    const name = this.#pools.has(role) || this.#pools.size < POOLS ? role : "";
    const kept = this.#pools.get(name);
    if (kept !== undefined) return kept;
    const pool = this.#makePool(this.#options.connections ?? 8);
    this.#pools.set(name, pool);
    return pool;
  }

  #makePool(max: number): pg.Pool {
    if (!/^postgres(ql)?:\/\//.test(this.#options.url)) {
      throw new MillraceError(
        "MLR_SETTINGS_INVALID",
        "The URL of the collected data does not begin with postgresql://",
        {
          hint: "Set MILLRACE_DATA_REPLICA_URL to a URL such as postgresql://user:password@host:5432/database.",
        },
      );
    }
    const pool = new pg.Pool({
      connectionString: this.#options.url,
      max,
      idleTimeoutMillis: 30_000,
      allowExitOnIdle: true,
      connectionTimeoutMillis: CONNECT_MS,
      application_name: "millrace data",
      keepAlive: true,
      // Before a connection is handed out. One that cannot be made read-only never is.
      verify: (client, done) => {
        client.query(this.#setup(), (error: Error | null) => done(error ?? undefined));
      },
    });
    pool.on("error", () => undefined);
    // One that breaks in use must not end the process: what is asked of it fails.
    pool.on("connect", (client) => void client.on("error", () => undefined));
    return pool;
  }

  /** What makes a connection read-only, and texts of values the same whatever the server is set to. */
  #setup(): string {
    return [
      "SET default_transaction_read_only = on",
      `SET statement_timeout = ${this.statementMs}`,
      "SET search_path = pg_catalog",
      "SET TimeZone = 'UTC'",
      "SET DateStyle = 'ISO, YMD'",
      "SET IntervalStyle = 'iso_8601'",
      "SET bytea_output = 'hex'",
      "SET extra_float_digits = 1",
      "SET standard_conforming_strings = on",
    ].join("; ");
  }

  #nameOf(text: string): string | undefined {
    const kept = this.#names.get(text);
    if (kept !== undefined || this.#names.size >= PREPARED) return kept;
    const name = `data_${hash("sha256", text, "base64url").slice(0, 20)}`;
    this.#names.set(text, name);
    return name;
  }

  /** Ends the connection's statement in the database once the signal is aborted. What is returned ends that, and waits for one that is on its way. */
  #cancelWhenAborted(client: pg.PoolClient, signal: AbortSignal | undefined): () => Promise<void> {
    if (signal === undefined) return async () => undefined;
    let cancelling: Promise<unknown> = Promise.resolve();
    const cancel = (): void => {
      const { processID } = client as { readonly processID?: number };
      if (processID === undefined) return;
      cancelling = this.#service.query("SELECT pg_cancel_backend($1)", [processID]).catch(() => undefined);
    };
    signal.addEventListener("abort", cancel, { once: true });
    return async () => {
      signal.removeEventListener("abort", cancel);
      await cancelling;
    };
  }
}

/** Whether a connection cannot be used again after this. */
function isBroken(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code !== "string" || !/^[0-9A-Z]{5}$/.test(code) || /^(08|57P)/.test(code);
}
