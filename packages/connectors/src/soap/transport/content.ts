import { readSync } from "node:fs";
import { rm } from "node:fs/promises";
import { saveTemporary, type TemporaryFile } from "../../shared/files/temporary-file.ts";

/** Larger content is put aside in a temporary file. */
const MOST_IN_MEMORY = 4 * 1024 ** 2;
const PIECE = 256 * 1024;

/** Bytes of an answer that came whole, in memory or in a temporary file. Close it. */
export class Content implements AsyncDisposable {
  readonly size: number;
  readonly #memory: Buffer | undefined;
  readonly #file: TemporaryFile | undefined;
  #closed = false;

  private constructor(memory: Buffer | undefined, file: TemporaryFile | undefined) {
    this.#memory = memory;
    this.#file = file;
    this.size = memory?.length ?? file?.size ?? 0;
  }

  /** Takes all pieces. Leaves nothing behind where one fails. */
  static async from(pieces: AsyncIterable<Buffer>): Promise<Content> {
    const first: Buffer[] = [];
    let size = 0;
    const iterator = pieces[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return new Content(Buffer.concat(first), undefined);
        first.push(next.value);
        size += next.value.length;
        if (size > MOST_IN_MEMORY) break;
      }
      return new Content(undefined, await saveTemporary(rest(first, iterator)));
    } finally {
      await iterator.return?.();
    }
  }

  /** The bytes from `start` to before `end`. */
  slice(start: number, end: number): Buffer {
    if (this.#memory !== undefined) return this.#memory.subarray(start, end);
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(end, this.size) - start));
    const fd = this.#file?.handle.fd ?? -1;
    for (let at = 0; at < buffer.length;) {
      const read = readSync(fd, buffer, at, buffer.length - at, start + at);
      if (read === 0) return buffer.subarray(0, at);
      at += read;
    }
    return buffer;
  }

  /** The bytes from `start` to before `end` in pieces. */
  async *pieces(start = 0, end = this.size): AsyncGenerator<Buffer, void, void> {
    for (let at = start; at < end; at += PIECE) {
      const length = Math.min(PIECE, end - at);
      if (this.#memory !== undefined) {
        yield this.#memory.subarray(at, at + length);
        continue;
      }
      const buffer = Buffer.allocUnsafe(length);
      const { bytesRead } = (await this.#file?.handle.read(buffer, 0, length, at)) ?? { bytesRead: 0 };
      yield buffer.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file?.handle.close();
    if (this.#file?.folder !== undefined) await rm(this.#file.folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function* rest(
  first: readonly Buffer[],
  iterator: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer, void, void> {
  yield* first;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}
