import { createHash, type Hash } from "node:crypto";
import { open, readFile, rename, rm, stat, writeFile, type FileHandle } from "node:fs/promises";
import { z } from "zod";

const partState = z.object({
  url: z.string(),
  /** What tells that the server still has the same file: its strong ETag, else when it was changed. */
  validator: z.string(),
});

/** What is known of a part that was downloaded before. */
export type PartState = z.infer<typeof partState>;

/** A file that is being downloaded: `<file>.part`, and beside it what is needed to go on. Close it. */
export class PartFile {
  readonly #file: string;
  #handle: FileHandle | undefined;
  #hash: Hash | undefined;
  #algorithm: string;
  /** Bytes that are there. */
  size = 0;

  constructor(file: string, algorithm: string) {
    this.#file = file;
    this.#algorithm = algorithm;
  }

  /** What is there from an attempt before; undefined where that is nothing that can be gone on with. */
  async state(url: string): Promise<PartState | undefined> {
    try {
      const state = partState.parse(JSON.parse(await readFile(this.#stateFile, "utf8")));
      const { size } = await stat(this.#partFile);
      return state.url === url && size > 0 ? state : undefined;
    } catch {
      return undefined;
    }
  }

  /** Begins anew, and remembers with what the server can be asked to go on. */
  async begin(state: PartState | undefined): Promise<void> {
    await this.close();
    await rm(this.#stateFile, { force: true });
    this.#handle = await open(this.#partFile, "w");
    this.#hash = createHash(this.#algorithm);
    this.size = 0;
    if (state !== undefined) await writeFile(this.#stateFile, JSON.stringify(state));
  }

  /** Goes on behind what is there. */
  async resume(): Promise<void> {
    if (this.#handle !== undefined) return;
    this.#handle = await open(this.#partFile, "r+");
    this.#hash = createHash(this.#algorithm);
    this.size = 0;
    for await (const piece of this.#handle.createReadStream({ autoClose: false, start: 0 })) {
      this.#hash.update(piece as Buffer);
      this.size += (piece as Buffer).length;
    }
  }

  async write(piece: Uint8Array): Promise<void> {
    let offset = 0;
    while (offset < piece.length) {
      const { bytesWritten } = await this.#opened().write(piece, offset, piece.length - offset, this.size);
      offset += bytesWritten;
      this.size += bytesWritten;
    }
    this.#hash?.update(piece);
  }

  /** The digest of all of it, as hexadecimal. */
  digest(): string {
    return this.#hash?.copy().digest("hex") ?? "";
  }

  /** Gives the file its name, once its content is on the disk. */
  async finish(): Promise<void> {
    await this.#opened().datasync();
    await this.close();
    await rename(this.#partFile, this.#file);
    await rm(this.#stateFile, { force: true });
  }

  /** Deletes what is there. */
  async discard(): Promise<void> {
    await this.close();
    await rm(this.#partFile, { force: true });
    await rm(this.#stateFile, { force: true });
    this.size = 0;
  }

  /** What is there stays. May be called again. */
  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  #opened(): FileHandle {
    if (this.#handle === undefined) throw new TypeError("the part is not open");
    return this.#handle;
  }

  get #partFile(): string {
    return `${this.#file}.part`;
  }

  get #stateFile(): string {
    return `${this.#file}.part.json`;
  }
}
