import type { ColumnDefinition, Row } from "@millrace/core";
import {
  compileCopyEncoder,
  type CopyEncoder,
  type CopyEncoderOptions,
  type TrailingField,
} from "../codec/copy-encoder.ts";
import { quoteIdentifier } from "../quote.ts";
import type { CopyLane, CopyTarget } from "../session/copy-lane.ts";

const FIELD_NAMES: Readonly<Record<TrailingField, string>> = {
  hash: "_row_hash",
  run: "_run_id",
  loadedAt: "_loaded_at",
  ordinal: "_ordinal",
};

export interface CopySinkOptions {
  readonly lane: CopyLane;
  /** Quoted. */
  readonly into: string;
  /** Its name, for messages. */
  readonly table: string;
  readonly columns: readonly ColumnDefinition[];
  readonly trailing: readonly TrailingField[];
  readonly constants?: CopyEncoderOptions["constants"];
  /** Called before the first bytes are sent. */
  readonly prepare?: () => Promise<void>;
}

/** Rows on their way into one table by COPY; the bytes go out as chunks fill up. */
export class CopySink {
  /** Rows appended so far. */
  rows = 0;
  readonly #encoder: CopyEncoder;
  readonly #target: CopyTarget;
  readonly #lane: CopyLane;
  #prepare: (() => Promise<void>) | undefined;

  constructor(options: CopySinkOptions) {
    const { columns, trailing, into, constants } = options;
    this.#encoder = compileCopyEncoder({
      columns,
      trailing,
      ...(constants === undefined ? {} : { constants }),
    });
    const names = [...columns.map(({ name }) => name), ...trailing.map((field) => FIELD_NAMES[field])];
    this.#target = {
      statement: `COPY ${into} (${names.map(quoteIdentifier).join(", ")}) FROM STDIN (FORMAT binary)`,
      header: this.#encoder.header(),
      trailer: this.#encoder.trailer(),
      what: `writing to table "${options.table}"`,
    };
    this.#lane = options.lane;
    this.#prepare = options.prepare;
  }

  append(row: Row, hash?: string, ordinal?: number): void {
    this.#encoder.append(row, hash, ordinal);
    this.rows++;
  }

  /** Sends the chunks that are full; resolves when more rows are wanted. */
  async drain(): Promise<void> {
    await this.#send(this.#encoder.take());
  }

  /** Sends all, and ends the COPY, so that statements see the rows. */
  async flush(): Promise<void> {
    await this.#send(this.#encoder.flush());
    await this.#lane.finish();
  }

  async #send(chunks: readonly Buffer[]): Promise<void> {
    if (chunks.length === 0) return;
    if (this.#prepare !== undefined) {
      const prepare = this.#prepare;
      this.#prepare = undefined;
      await this.#lane.finish();
      await prepare();
    }
    await this.#lane.send(this.#target, chunks);
  }
}
