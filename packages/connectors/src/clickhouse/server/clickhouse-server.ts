import { Readable } from "node:stream";
import type { ClickHouseClient, ClickHouseSettings } from "@clickhouse/client";
import { MillraceError } from "@millrace/core";
import { serverError, type ErrorPlace, type ServerUse } from "../errors.ts";
import type { ServerSettings } from "../settings.ts";
import { loadDriver } from "./load-driver.ts";
import { featuresOf, OLDEST_VERSION, versionNumber, type ServerFeatures } from "./server-features.ts";

/** How one statement is run. */
export interface StatementOptions {
  /** What is being done, for errors. */
  readonly doing?: string | undefined;
  readonly settings?: ClickHouseSettings | undefined;
  readonly signal?: AbortSignal | undefined;
  /** False: rows are sent as they are found, so a statement may fail after its first rows. Default true. */
  readonly whole?: boolean | undefined;
}

/** How to connect. */
export interface ConnectOptions {
  readonly settings: ServerSettings;
  readonly use: ServerUse;
  readonly signal?: AbortSignal | undefined;
  /** Names without a database are looked for in that of the settings. Default: in that of the user. */
  readonly inDatabase?: boolean;
}

/** Answers are complete before they are sent, on disk where they are large: an error in the middle is an error, never rows. */
const WHOLE_ANSWERS: ClickHouseSettings = { wait_end_of_query: 1 };

/** Lets large GROUP BY and ORDER BY go on on the server's disk. */
const SPILL_BYTES = "268435456";

/** Long statements: tables have up to thousands of columns, and commits up to thousands of scopes. */
const STATEMENTS: ClickHouseSettings = {
  max_query_size: "16777216",
  max_ast_elements: "5000000",
  max_expanded_ast_elements: "5000000",
  max_bytes_before_external_group_by: SPILL_BYTES,
  max_bytes_before_external_sort: SPILL_BYTES,
  // Keeps what stands between from hanging up on statements that take long.
  send_progress_in_http_headers: 1,
  http_headers_progress_interval_ms: "30000",
};

/** One ClickHouse server over HTTP. Everything that is sent passes through here, and every error is told as a MillraceError. */
export class ClickHouseServer {
  readonly features: ServerFeatures;
  readonly version: string;
  readonly settings: ServerSettings;
  readonly #client: ClickHouseClient;
  readonly #use: ServerUse;
  readonly #prefix: string | undefined;
  #statements = 0;

  private constructor(client: ClickHouseClient, all: ConnectOptions & { version: string; prefix?: string }) {
    this.#client = client;
    this.#use = all.use;
    this.#prefix = all.prefix;
    this.settings = all.settings;
    this.version = all.version;
    this.features = featuresOf(all.version);
  }

  /** Connects and asks for the version. Fails with MLR_DRIVER_MISSING, or as statements do. */
  static async connect(options: ConnectOptions): Promise<ClickHouseServer> {
    const { createClient, ClickHouseLogLevel } = await loadDriver();
    const { settings } = options;
    const client = createClient({
      url: settings.url,
      username: settings.user,
      password: settings.password,
      ...(options.inDatabase === true ? { database: settings.database } : {}),
      request_timeout: settings.timeoutMs,
      max_open_connections: 8,
      compression: { request: settings.compression, response: settings.compression },
      application: "millrace",
      // It would write to the console what is told as an error anyway.
      log: { level: ClickHouseLogLevel.OFF },
    });
    try {
      const probe = new ClickHouseServer(client, { ...options, version: "18.16.0" });
      const [row] = await probe.values("SELECT version()", { doing: "connecting", signal: options.signal });
      const version = String(row?.[0] ?? "");
      if (versionNumber(version) < OLDEST_VERSION) throw tooOld(version, settings);
      return new ClickHouseServer(client, { ...options, version });
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  /** The same connections; ids of statements begin with `prefix`, so that they can be found and killed. */
  tagged(prefix: string): ClickHouseServer {
    const { settings, version } = this;
    return new ClickHouseServer(this.#client, { settings, version, use: this.#use, prefix });
  }

  /** Runs a statement without an answer. */
  async run(sql: string, options: StatementOptions = {}): Promise<void> {
    await this.#read(sql, options);
  }

  /** A small answer, row by row; 64-bit integers come as text. */
  async values(sql: string, options: StatementOptions = {}): Promise<readonly (readonly unknown[])[]> {
    const settings = { ...options.settings, output_format_json_quote_64bit_integers: 1 as const };
    const answer = await this.#read(`${sql} FORMAT JSONCompact`, { ...options, settings });
    return (JSON.parse(answer.toString("utf8")) as { data: unknown[][] }).data;
  }

  /** A whole answer of text, such as that of a statement which names its own format. */
  async text(sql: string, options: StatementOptions = {}): Promise<string> {
    return (await this.#read(sql, options)).toString("utf8");
  }

  /** The bytes of a large answer, piece by piece. The statement is ended where the consumer ends early. */
  async *stream(sql: string, options: StatementOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    const stream = await this.#send(sql, options);
    try {
      for await (const chunk of stream) yield chunk as Buffer;
    } catch (error) {
      throw this.#error(error, options);
    } finally {
      stream.destroy();
    }
  }

  /** Sends the body of an INSERT, whose text ends with its FORMAT. */
  async insert(sql: string, body: Buffer | Readable, options: StatementOptions = {}): Promise<void> {
    const values = Buffer.isBuffer(body) ? Readable.from([body], { objectMode: false }) : body;
    const stream = await this.#send(sql, options, values);
    await collect(stream).catch((error: unknown) => {
      throw this.#error(error, options);
    });
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** What the server or the driver threw, told as a MillraceError. */
  #error(error: unknown, { doing, signal }: StatementOptions): MillraceError {
    if (signal?.aborted === true)
      return new MillraceError(
        "MLR_RUN_STOPPED",
        `a statement of ClickHouse at ${this.settings.location} was stopped`,
        { cause: error },
      );
    const place: ErrorPlace = {
      use: this.#use,
      location: this.settings.location,
      port: this.settings.port,
      doing,
    };
    return serverError(error, place);
  }

  async #read(sql: string, options: StatementOptions): Promise<Buffer> {
    const stream = await this.#send(sql, options);
    try {
      return await collect(stream);
    } catch (error) {
      throw this.#error(error, options);
    }
  }

  async #send(sql: string, options: StatementOptions, values?: Readable): Promise<Readable> {
    const id = this.#prefix === undefined ? undefined : `${this.#prefix}${++this.#statements}`;
    try {
      const { stream } = await this.#client.exec({
        query: sql,
        clickhouse_settings: {
          ...STATEMENTS,
          ...(options.whole === false ? {} : WHOLE_ANSWERS),
          ...options.settings,
        },
        ...(values === undefined ? {} : { values }),
        ...(options.signal === undefined ? {} : { abort_signal: options.signal }),
        ...(id === undefined ? {} : { query_id: id }),
      });
      return stream;
    } catch (error) {
      throw this.#error(error, options);
    }
  }
}

function tooOld(version: string, { location }: ServerSettings): MillraceError {
  return new MillraceError("MLR_DESTINATION_FAILED", `ClickHouse at ${location} has version ${version}`, {
    hint: "Version 18.16 is the oldest that Millrace can use; use a newer server.",
  });
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}
