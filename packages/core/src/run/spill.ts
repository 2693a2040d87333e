import { mkdtemp, open, rm, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";

/** What is held in memory before it goes to a file, estimated in bytes. */
const MEMORY_BYTES = 16 * 1024 * 1024;

/** Items in order, in memory up to a limit and in a temporary file beyond it. Items must survive a structured clone. */
export class Spill<T> {
  #memory: T[] = [];
  #memoryBytes = 0;
  #file: FileHandle | undefined;
  #folder: string | undefined;
  #lengths: number[] = [];
  #limit: number;

  constructor(limit = MEMORY_BYTES) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#memory.length + this.#lengths.length;
  }

  /** @param bytes estimated size of the item. */
  async push(item: T, bytes: number): Promise<void> {
    if (this.#file === undefined && this.#memoryBytes + bytes <= this.#limit) {
      this.#memory.push(item);
      this.#memoryBytes += bytes;
      return;
    }
    if (this.#file === undefined) {
      this.#folder = await mkdtemp(join(tmpdir(), "millrace-hold-"));
      this.#file = await open(join(this.#folder, "rows"), "w+", 0o600);
    }
    const data = serialize(item);
    await this.#file.appendFile(data);
    this.#lengths.push(data.length);
  }

  /** Hands out everything in order and forgets it. */
  async *drain(): AsyncGenerator<T> {
    const memory = this.#memory;
    this.#memory = [];
    this.#memoryBytes = 0;
    yield* memory;
    let position = 0;
    for (const length of this.#lengths) {
      const data = Buffer.allocUnsafe(length);
      await this.#file?.read(data, 0, length, position);
      position += length;
      yield deserialize(data) as T;
    }
    await this.close();
  }

  async close(): Promise<void> {
    this.#lengths = [];
    this.#memory = [];
    const [file, folder] = [this.#file, this.#folder];
    this.#file = this.#folder = undefined;
    await file?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
