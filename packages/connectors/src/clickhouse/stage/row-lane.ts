import { asMillraceError } from "@millrace/core";
import { ByteWriter } from "../codec/byte-writer.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quote } from "../server/quote.ts";
import { InsertStream } from "./insert-stream.ts";

/** Bytes that are handed to the socket at once. */
const CHUNK_BYTES = 1024 * 1024;
/** How long an INSERT waits for more rows: servers and what stands before them hang up on requests that stand still. */
const IDLE_MS = 5_000;

/** Where a lane leads. */
export interface LaneOptions {
  readonly server: ClickHouseServer;
  readonly database: string;
  readonly table: string;
  /** Bytes after which an INSERT ends and the next one begins. */
  readonly batchBytes: number;
  /** For errors. */
  readonly doing: string;
  /** The columns that are filled. Default: all, in the table's order. */
  readonly columns?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** Rows on their way into one table: they are sent while the next ones are encoded, and one INSERT ends while the next one begins. */
export class RowLane {
  readonly writer = new ByteWriter(CHUNK_BYTES + CHUNK_BYTES / 4);
  readonly #options: LaneOptions;
  #stream: InsertStream | undefined;
  #idle: NodeJS.Timeout | undefined;
  /** The INSERT before, which the server may still be at. */
  #ending: Promise<void> = Promise.resolve();
  #pieces = 0;
  #failure: Error | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** To be called now and then, between rows: sends what has gathered, where that is enough. */
  async advance(): Promise<void> {
    if (this.writer.at >= Math.min(CHUNK_BYTES, this.#options.batchBytes)) await this.#send();
  }

  /** Resolves when everything is in the table. */
  async flush(): Promise<void> {
    if (this.writer.at > 0) await this.#send();
    this.#end();
    await this.#ending;
    this.#throwFailure();
  }

  async #send(): Promise<void> {
    this.#throwFailure();
    clearTimeout(this.#idle);
    const stream = (this.#stream ??= this.#begin());
    await stream.write(this.writer.take());
    this.#throwFailure();
    if (stream !== this.#stream) return;
    if (!stream.over && stream.bytes < this.#options.batchBytes) {
      this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref();
      return;
    }
    // Two at a time: the server finishes one while it reads the next.
    const before = this.#ending;
    this.#end();
    await before;
    this.#throwFailure();
  }

  #begin(): InsertStream {
    const { server, database, table, doing, columns, signal } = this.#options;
    const list = columns === undefined ? "" : ` (${columns.map((name) => quote(name)).join(", ")})`;
    const piece = ++this.#pieces;
    const settings = server.features.deduplicationToken
      ? { async_insert: 0 as const, insert_deduplication_token: `${table}-${piece}` }
      : {};
    const statement = `INSERT INTO ${quote(database, table)}${list} FORMAT RowBinary`;
    return new InsertStream((body) => server.insert(statement, body, { doing, settings, signal }));
  }

  #end(): void {
    clearTimeout(this.#idle);
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#stream = undefined;
    const { doing } = this.#options;
    const ended = stream.end().then((error) => {
      if (error !== undefined) this.#failure ??= asMillraceError(error, "MLR_DESTINATION_FAILED", doing);
    });
    this.#ending = Promise.all([this.#ending, ended]).then(() => undefined);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
