import { createHash, randomUUID } from "node:crypto";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { backupFailure } from "../backup-failure.ts";
import type { ArchivePart } from "../manifest.ts";
import { paddingOf, TAR_BLOCK, tarHeader } from "./tar-header.ts";

const compress = promisify(gzip);

/**
 * Writes a tar file entry by entry. Until `finish` it has another name, so that what was interrupted never looks whole.
 * Everything fails with MLR_BACKUP_FAILED.
 */
export class ArchiveWriter {
  /** What was written so far, in order. */
  readonly parts: ArchivePart[] = [];
  readonly #path: string;
  readonly #aside: string;
  readonly #handle: FileHandle;
  readonly #seconds: number;

  private constructor(path: string, aside: string, handle: FileHandle, seconds: number) {
    this.#path = path;
    this.#aside = aside;
    this.#handle = handle;
    this.#seconds = seconds;
  }

  /** Begins the file that `finish` puts at `path`; its owner alone can read it. @param at time of its entries */
  static async create(path: string, at: Date): Promise<ArchiveWriter> {
    const aside = `${path}.${randomUUID().slice(0, 8)}.part`;
    try {
      return new ArchiveWriter(path, aside, await open(aside, "wx", 0o600), at.getTime() / 1000);
    } catch (error) {
      throw backupFailure(`${aside} cannot be written`, error);
    }
  }

  /** Adds an entry that is compressed on the way. */
  async addCompressed(name: string, content: Uint8Array): Promise<void> {
    await this.add(name, await compress(content, { level: 6 }));
  }

  /** Adds an entry as it is. */
  async add(name: string, content: Uint8Array): Promise<void> {
    const bytes = content.length;
    try {
      await this.#handle.write(tarHeader({ name, bytes }, this.#seconds));
      await this.#handle.write(content);
      const padding = paddingOf(bytes);
      if (padding > 0) await this.#handle.write(Buffer.alloc(padding));
    } catch (error) {
      throw backupFailure(`${this.#aside} cannot be written`, error);
    }
    this.parts.push({ name, bytes, sha256: createHash("sha256").update(content).digest("hex") });
  }

  /** Ends the archive, and gives it its name once the disk has it. */
  async finish(): Promise<void> {
    try {
      await this.#handle.write(Buffer.alloc(2 * TAR_BLOCK));
      await this.#handle.sync();
      await this.#handle.close();
      await rename(this.#aside, this.#path);
      await syncFolder(dirname(this.#path));
    } catch (error) {
      throw backupFailure(`${this.#path} cannot be written`, error);
    }
  }

  /** Removes what was written. Idempotent, and nothing after `finish`. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#aside, { force: true });
  }
}

/** So that a power cut does not take the new name away. Windows cannot, and does not need to. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
