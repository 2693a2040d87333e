import { createReadStream, createWriteStream } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Clock } from "@millrace/core";
import { tryFileLock } from "../../fallback/file-lock.ts";

/** When a log file is put aside, and what is kept. */
export interface RotationOptions {
  /** The file that is written to. */
  readonly path: string;
  /** It is put aside before it would become larger, in bytes. */
  readonly maxBytes: number;
  /** It is put aside when it is older, in milliseconds. */
  readonly maxAgeMs: number;
  /** How many files that were put aside are kept: the newest. */
  readonly keep: number;
  /** Compress what is put aside. */
  readonly gzip: boolean;
}

/** Puts log files aside: `app.log` becomes `app-2026-11-22T08-15-00-000Z.log.gz`. */
export class Rotation {
  readonly #options: RotationOptions;
  readonly #clock: Clock;
  readonly #stem: string;
  readonly #extension: string;
  #compressing: Promise<void> = Promise.resolve();

  constructor(options: RotationOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#extension = extname(options.path);
    this.#stem = basename(options.path, this.#extension);
  }

  /** Whether the file is to be put aside before `bytes` more are written. */
  async isDue(bytes: number): Promise<boolean> {
    const found = await stat(this.#options.path).catch(() => undefined);
    if (found === undefined || found.size === 0) return false;
    if (found.size + bytes > this.#options.maxBytes) return true;
    // Not every file system knows when a file was made.
    const born = found.birthtimeMs > 0 ? found.birthtimeMs : found.ctimeMs;
    return this.#clock.now() - born > this.#options.maxAgeMs;
  }

  /** Puts the file aside, unless another process has done so meanwhile. Where the lock is held by another, that one does it. */
  async rotate(bytes: number): Promise<void> {
    const release = await tryFileLock(`${this.#options.path}.lock`);
    if (release === undefined) return;
    try {
      if (await this.isDue(bytes)) await rename(this.#options.path, this.#asideName());
    } finally {
      await release();
    }
    // Lines go on into the new file meanwhile.
    this.#compressing = this.#compressing.then(() => this.#tidy()).catch(() => undefined);
  }

  /** Resolves when no file is being compressed any more. */
  async close(): Promise<void> {
    await this.#compressing;
  }

  #asideName(): string {
    const time = new Date(this.#clock.now()).toISOString().replaceAll(/[:.]/g, "-");
    return join(dirname(this.#options.path), `${this.#stem}-${time}${this.#extension}`);
  }

  /** Compresses what was put aside, also by a process that ended before it could, and removes what is too much. */
  async #tidy(): Promise<void> {
    const { path, gzip, keep } = this.#options;
    const release = await tryFileLock(`${path}.tidy`);
    if (release === undefined) return;
    try {
      const files = await this.#aside();
      for (const file of files.slice(0, Math.max(0, files.length - keep))) await rm(file, { force: true });
      if (!gzip) return;
      for (const file of files.slice(-keep)) if (!file.endsWith(".gz")) await compress(file);
    } finally {
      await release();
    }
  }

  /** Oldest first. */
  async #aside(): Promise<string[]> {
    const folder = dirname(this.#options.path);
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z`;
    const quote = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|-]/g, String.raw`\$&`);
    const pattern = new RegExp(`^${quote(this.#stem)}-${time}${quote(this.#extension)}(\\.gz)?$`);
    const names = await readdir(folder);
    return names
      .filter((name) => pattern.test(name))
      .toSorted()
      .map((name) => join(folder, name));
  }
}

/** The file is removed once its compressed form is whole. */
async function compress(file: string): Promise<void> {
  const draft = `${file}.gz.part`;
  await pipeline(createReadStream(file), createGzip(), createWriteStream(draft));
  await rename(draft, `${file}.gz`);
  await rm(file, { force: true });
}
