import { once } from "node:events";
import { open, type FileHandle } from "node:fs/promises";
import { Writable, type Transform } from "node:stream";
import { finished } from "node:stream/promises";
import { createGzip, createZstdCompress } from "node:zlib";
import type { Compression } from "../layout-options.ts";

const BUFFER_BYTES = 256 * 1024;

/** A new file that bytes are written to, compressed where that is wanted; durable once it is closed. */
export class FileSink {
  readonly #handle: FileHandle;
  readonly #compressor: Transform | undefined;
  readonly #target: Writable | undefined;
  readonly #done: Promise<void> | undefined;
  #failure: Error | undefined;
  #buffered: Uint8Array[] = [];
  #bufferedBytes = 0;
  #written = 0;

  private constructor(handle: FileHandle, compressor: Transform | undefined) {
    this.#handle = handle;
    this.#compressor = compressor;
    if (compressor === undefined) return;
    const target = new Writable({
      write: (chunk: Uint8Array, _encoding, done) => void this.#pass(chunk, done),
    });
    this.#target = target;
    compressor.pipe(target);
    compressor.on("error", (error) => target.destroy(error));
    this.#done = finished(target);
    this.#done.catch((error: Error) => (this.#failure = error));
  }

  /** Fails where the file exists. */
  static async open(path: string, compression: Compression): Promise<FileSink> {
    const handle = await open(path, "wx");
    const compressor =
      compression === "gzip" ? createGzip() : compression === "zstd" ? createZstdCompress() : undefined;
    return new FileSink(handle, compressor);
  }

  /** Bytes in the file and about to be. */
  get bytes(): number {
    return this.#written + this.#bufferedBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#compressor !== undefined) {
      if (!this.#compressor.write(bytes)) await Promise.race([once(this.#compressor, "drain"), this.#done]);
      return;
    }
    this.#buffered.push(bytes);
    this.#bufferedBytes += bytes.byteLength;
    if (this.#bufferedBytes >= BUFFER_BYTES) await this.#flush();
  }

  async close(): Promise<number> {
    try {
      this.#compressor?.end();
      await this.#done;
      await this.#flush();
      await this.#handle.sync();
      return this.#written;
    } finally {
      await this.#handle.close();
    }
  }

  /** Gives up: what was written is of no use. */
  async abandon(): Promise<void> {
    this.#compressor?.destroy();
    this.#target?.destroy();
    await this.#done?.catch(() => undefined);
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#buffered);
    this.#buffered = [];
    this.#bufferedBytes = 0;
    await this.#append(bytes);
  }

  async #pass(chunk: Uint8Array, done: (error?: Error) => void): Promise<void> {
    try {
      await this.#append(chunk);
    } catch (error) {
      return done(error as Error);
    }
    done();
  }

  async #append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) {
      const { bytesWritten } = await this.#handle.write(bytes, at);
      at += bytesWritten;
    }
    this.#written += bytes.byteLength;
  }
}
