import { once } from "node:events";
import { from as copyFrom, type CopyStreamQuery } from "pg-copy-streams";
import type { Connection } from "./connection.ts";

/** Bytes that may wait for the socket before the writer has to wait. */
const HIGH_WATER_BYTES = 1024 * 1024;

/** Where chunks of a binary COPY go. */
export interface CopyTarget {
  /** `COPY … FROM STDIN (FORMAT binary)`. */
  readonly statement: string;
  readonly header: Buffer;
  readonly trailer: Buffer;
  /** What is being done, for the error's message. */
  readonly what: string;
}

/** The connection can do one COPY at a time: the lane opens it with the first chunk and ends it when another is wanted. */
export class CopyLane {
  readonly #connection: Connection;
  #current:
    { readonly target: CopyTarget; readonly stream: CopyStreamQuery; failed: Error | undefined } | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get busy(): boolean {
    return this.#current !== undefined;
  }

  /** Resolves when the next chunks are wanted. */
  async send(target: CopyTarget, chunks: readonly Buffer[]): Promise<void> {
    if (chunks.length === 0) return;
    if (this.#current?.target !== target) {
      await this.finish();
      this.#start(target);
    }
    for (const chunk of chunks) await this.#write(chunk);
  }

  /** Ends the COPY under way, so that other statements can run. */
  async finish(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    const { stream, target } = current;
    try {
      if (current.failed !== undefined) throw current.failed;
      const finished = once(stream, "finish");
      stream.end(target.trailer);
      await finished;
    } catch (error) {
      throw this.#connection.error(error, target.what);
    }
  }

  /** Lets go of a COPY that will not be ended: the connection is broken afterwards. */
  abandon(): void {
    if (this.#current === undefined) return;
    this.#current = undefined;
    this.#connection.cut();
  }

  #start(target: CopyTarget): void {
    const stream = this.#connection.client.query(
      copyFrom(target.statement, { highWaterMark: HIGH_WATER_BYTES }),
    );
    const current = { target, stream, failed: undefined as Error | undefined };
    stream.on("error", (error: Error) => (current.failed ??= error));
    stream.write(target.header);
    this.#current = current;
  }

  async #write(chunk: Buffer): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    try {
      if (current.failed !== undefined) throw current.failed;
      if (!current.stream.write(chunk)) await once(current.stream, "drain");
    } catch (error) {
      this.#current = undefined;
      throw this.#connection.error(error, current.target.what);
    }
  }
}
