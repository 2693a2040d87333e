import { asMillraceError } from "@millrace/core";
import { ByteWriter } from "../codec/byte-writer.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quote } from "../server/quote.ts";

/** Where a lane leads. */
export interface LaneOptions {
  readonly server: ClickHouseServer;
  readonly database: string;
  readonly table: string;
  /** Bytes after which what was written is sent. */
  readonly batchBytes: number;
  /** For errors. */
  readonly doing: string;
  /** The columns that are filled. Default: all, in the table's order. */
  readonly columns?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** Rows on their way into one table: one piece is sent while the next one is encoded. */
export class RowLane {
  readonly writer = new ByteWriter();
  readonly #options: LaneOptions;
  #sending: Promise<void> = Promise.resolve();
  #pieces = 0;
  /** The buffer of the piece that is being sent: free once that is done. */
  #free: Buffer | undefined;
  #failure: Error | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** To be called now and then, between rows: sends what has gathered, where that is enough. */
  async advance(): Promise<void> {
    if (this.writer.at >= this.#options.batchBytes) await this.#send();
  }

  /** Resolves when everything is in the table. */
  async flush(): Promise<void> {
    if (this.writer.at > 0) await this.#send();
    await this.#sending;
    this.#throwFailure();
  }

  async #send(): Promise<void> {
    const { server, database, table, doing, columns, signal } = this.#options;
    const list = columns === undefined ? "" : ` (${columns.map((name) => quote(name)).join(", ")})`;
    await this.#sending;
    this.#throwFailure();
    // Two buffers take turns: new ones of this size would have the garbage collector look at all rows each time.
    const whole = this.writer.bytes;
    const body = this.writer.take(this.#free);
    this.#free = whole;
    const piece = ++this.#pieces;
    const settings = server.features.deduplicationToken
      ? { async_insert: 0 as const, insert_deduplication_token: `${table}-${piece}` }
      : {};
    this.#sending = server
      .insert(`INSERT INTO ${quote(database, table)}${list} FORMAT RowBinary`, body, {
        doing,
        settings,
        signal,
      })
      .catch((error: unknown) => {
        this.#failure = asMillraceError(error, "MLR_DESTINATION_FAILED", doing);
      });
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
