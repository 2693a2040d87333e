import type { EncodedRows } from "@millrace/core";
import { COPY_HEADER, COPY_TRAILER } from "../copy-format.ts";
import { quoteIdentifier, quoteLiteral } from "../quote.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { CopyTarget } from "../session/copy-lane.ts";

export interface EncodedSinkOptions {
  readonly context: SessionContext;
  /** Quoted. */
  readonly into: string;
  /** Its name, for messages. */
  readonly table: string;
  /** The table has `_run_id` and `_loaded_at`, which the rows do not bring. */
  readonly stamped: boolean;
  /** Called before the first bytes are sent. */
  readonly prepare: () => Promise<void>;
}

/** Rows of another PostgreSQL on their way into a table: the bytes of a binary COPY go out as they came. */
export class EncodedSink {
  readonly #o: EncodedSinkOptions;
  #target: CopyTarget | undefined;
  #columns = "";
  #prepared = false;

  constructor(options: EncodedSinkOptions) {
    this.#o = options;
  }

  async write({ columns, chunks }: EncodedRows): Promise<void> {
    const { lane } = this.#o.context;
    if (!this.#prepared) await this.#prepare();
    const names = columns.map(({ name }) => quoteIdentifier(name)).join(", ");
    if (this.#target === undefined || names !== this.#columns) this.#target = this.#targetFor(names);
    await lane.send(this.#target, chunks.map(asBuffer));
  }

  /** Ends the COPY under way, so that statements see the rows. */
  async flush(): Promise<void> {
    if (this.#prepared) await this.#o.context.lane.finish();
  }

  /** The commit's last word: what the rows were stamped with is not to stay. */
  async finish(): Promise<void> {
    if (!this.#prepared) return;
    await this.flush();
    this.#prepared = false;
    if (this.#o.stamped) {
      await this.#alter("ALTER COLUMN _run_id DROP DEFAULT, ALTER COLUMN _loaded_at DROP DEFAULT");
    }
  }

  async #prepare(): Promise<void> {
    const { context, stamped, prepare } = this.#o;
    await context.lane.finish();
    await prepare();
    this.#prepared = true;
    if (!stamped) return;
    const run = `${quoteLiteral(context.run)}::uuid`;
    const at = `to_timestamp(0) + ${context.transaction.startedAt} * interval '1 microsecond'`;
    await this.#alter(`ALTER COLUMN _run_id SET DEFAULT ${run}, ALTER COLUMN _loaded_at SET DEFAULT ${at}`);
  }

  async #alter(what: string): Promise<void> {
    const { context, into, table } = this.#o;
    await runSql(context, `writing to table "${table}"`, `ALTER TABLE ${into} ${what}`);
  }

  #targetFor(names: string): CopyTarget {
    const { into, table } = this.#o;
    this.#columns = names;
    return {
      statement: `COPY ${into} (${names}) FROM STDIN (FORMAT binary)`,
      header: COPY_HEADER,
      trailer: COPY_TRAILER,
      what: `writing to table "${table}"`,
    };
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
