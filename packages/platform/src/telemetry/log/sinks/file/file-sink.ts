import { mkdir, open, stat, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { MillraceError, type Clock } from "@millrace/core";
import type { RoutedRecord } from "../../log-record.ts";
import type { LogSink } from "../../log-sink.ts";
import { jsonLine } from "../stdout/line-text.ts";
import { Rotation, type RotationOptions } from "./rotation.ts";

/** How lines are kept in a file. */
export interface FileSinkOptions extends RotationOptions {
  readonly name: string;
  readonly clock: Clock;
}

/**
 * Writes lines of JSON to a file that is put aside when it is large or old. Several processes may write to the same file:
 * each batch is appended as a whole, and a file that another one has put aside is noticed.
 */
export class FileSink implements LogSink {
  readonly name: string;
  readonly #path: string;
  readonly #rotation: Rotation;
  /** The last batch may have been written in part: it comes again as a whole. */
  #torn = false;
  #file: { readonly handle: FileHandle; readonly inode: bigint } | undefined;

  constructor(options: FileSinkOptions) {
    this.name = options.name;
    this.#path = options.path;
    this.#rotation = new Rotation(options, options.clock);
  }

  async write(batch: readonly RoutedRecord[]): Promise<void> {
    const lines = batch.map((record) => `${jsonLine(record)}\n`).join("");
    // Behind a line of which a full disk took only a part, a new one begins.
    const bytes = Buffer.from(this.#torn ? `\n${lines}` : lines);
    try {
      if (await this.#rotation.isDue(bytes.length)) {
        await this.#closeFile();
        await this.#rotation.rotate(bytes.length);
      }
      const handle = await this.#current();
      this.#torn = true;
      await handle.appendFile(bytes);
      this.#torn = false;
    } catch (error) {
      await this.#closeFile();
      throw this.#failure(error);
    }
  }

  async close(): Promise<void> {
    await this.#closeFile();
    await this.#rotation.close();
  }

  /** The file of that path, also where another process has put the one aside that was open here. */
  async #current(): Promise<FileHandle> {
    const found = await stat(this.#path, { bigint: true }).catch(() => undefined);
    if (this.#file !== undefined && found?.ino === this.#file.inode) return this.#file.handle;
    await this.#closeFile();
    await mkdir(dirname(this.#path), { recursive: true });
    const handle = await open(this.#path, "a", 0o640);
    this.#file = { handle, inode: (await handle.stat({ bigint: true })).ino };
    return handle;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close().catch(() => undefined);
  }

  #failure(error: unknown): MillraceError {
    const { code = "", message } = error as NodeJS.ErrnoException;
    const full = code === "ENOSPC" || code === "EDQUOT";
    return new MillraceError("MLR_LOG_SINK_FAILED", `The log file ${this.#path}: ${message}`, {
      hint: full ? "Make room on that disk." : "Check the folder and its permissions.",
      ...(code === "" ? {} : { details: { code } }),
      cause: error,
    });
  }
}
