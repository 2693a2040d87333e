import { createHash, type Hash } from "node:crypto";
import { open, rm, stat, type FileHandle } from "node:fs/promises";
import { MillraceError } from "@millrace/core";
import type { Location } from "./locate.ts";

/** How much is read at a time. */
const PIECE_BYTES = 1 << 18;

/** Facts of a download, from the answer's headers. */
export interface DownloadFacts {
  readonly etag?: string;
  readonly lastModified?: string;
  /** Character encoding that the `content-type` names. */
  readonly charset?: string;
}

interface OpenFileParts {
  readonly name: string;
  readonly handle: FileHandle;
  readonly size: number;
  readonly mtimeMs?: number;
  /** Local files: where it is, to see that it stays. */
  readonly path?: string;
  readonly identity?: string;
  /** Downloads: what is deleted when the file is closed. */
  readonly temporary?: string;
  readonly facts?: DownloadFacts;
}

/**
 * A file while it is read: its size when it was opened is what is read, and `verify` fails with MLR_SOURCE_CHANGED
 * when it is no longer the same. Who opens it closes it.
 */
export class OpenFile {
  /** What checkpoints and errors call the file. */
  readonly name: string;
  readonly handle: FileHandle;
  /** Bytes, when it was opened. */
  readonly size: number;
  /** Undefined for downloads. */
  readonly mtimeMs: number | undefined;
  readonly facts: DownloadFacts;
  /** When it was opened, in milliseconds since 1970. */
  readonly openedAt = Date.now();
  /** Bytes that may still be added behind `size` while it is read. */
  mayGrow = false;
  /** How far into the file reading came, for progress. */
  bytesRead = 0;
  readonly #path: string | undefined;
  readonly #identity: string | undefined;
  readonly #temporary: string | undefined;
  #hash: Hash = createHash("sha256");
  #hashed = 0;
  #closed = false;

  private constructor(parts: OpenFileParts) {
    this.name = parts.name;
    this.handle = parts.handle;
    this.size = parts.size;
    this.mtimeMs = parts.mtimeMs;
    this.facts = parts.facts ?? {};
    this.#path = parts.path;
    this.#identity = parts.identity;
    this.#temporary = parts.temporary;
  }

  /** Opens a file of the file system. Fails with MLR_SOURCE_CHANGED where it is no longer there. */
  static async local(location: Location & { kind: "local" }): Promise<OpenFile> {
    const handle = await openForReading(location.path);
    try {
      const facts = await handle.stat();
      return new OpenFile({
        name: location.name,
        handle,
        size: facts.size,
        mtimeMs: facts.mtimeMs,
        path: location.path,
        identity: `${facts.dev}:${facts.ino}`,
      });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Takes over a finished download and what is to be deleted with it. */
  static downloaded(parts: {
    name: string;
    handle: FileHandle;
    size: number;
    temporary: string | undefined;
    facts: DownloadFacts;
  }): OpenFile {
    const { temporary, ...rest } = parts;
    return new OpenFile(temporary === undefined ? rest : { ...rest, temporary });
  }

  /** The first `length` bytes, or all where there are fewer. */
  async head(length: number): Promise<Buffer> {
    return this.at(0, Math.min(length, this.size));
  }

  /** `length` bytes from `position` on. Fails with MLR_SOURCE_CHANGED where the file has become shorter. */
  async at(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.handle.read(buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) throw this.#changed("became shorter while it was read");
      filled += bytesRead;
    }
    return buffer;
  }

  /** The bytes from `from` on, piece by piece, hashed on the way. */
  async *bytes(from = 0): AsyncGenerator<Buffer, void, void> {
    let position = from;
    let ahead = this.#piece(position);
    // Reading ahead that is not wanted any more must not end as an unhandled rejection.
    ahead.catch(() => undefined);
    while (position < this.size) {
      const piece = await ahead;
      const start = position;
      position += piece.length;
      if (position < this.size) {
        ahead = this.#piece(position);
        ahead.catch(() => undefined);
      }
      this.#hashPiece(piece, start);
      this.bytesRead = position;
      yield piece;
    }
  }

  /** What `bytes` has been through: a prefix of the file and its SHA-256. */
  prefix(): { readonly bytes: number; readonly hash: string } {
    return { bytes: this.#hashed, hash: this.#hash.copy().digest("hex") };
  }

  /** Whether the first `bytes` bytes have the SHA-256 `hash`; if so, hashing goes on behind them. */
  async startsWith(bytes: number, hash: string, signal: AbortSignal): Promise<boolean> {
    if (bytes > this.size) return false;
    const running = createHash("sha256");
    for (let position = 0; position < bytes;) {
      signal.throwIfAborted();
      const piece = await this.at(position, Math.min(PIECE_BYTES, bytes - position));
      running.update(piece);
      position += piece.length;
    }
    if (running.copy().digest("hex") !== hash) return false;
    this.#hash = running;
    this.#hashed = bytes;
    return true;
  }

  /** Hashes what `bytes` has not been through, so that `prefix` is the whole file. */
  async hashAll(signal: AbortSignal): Promise<string> {
    while (this.#hashed < this.size) {
      signal.throwIfAborted();
      const piece = await this.at(this.#hashed, Math.min(PIECE_BYTES, this.size - this.#hashed));
      this.#hashPiece(piece, this.#hashed);
    }
    return this.#hash.copy().digest("hex");
  }

  /** Fails with MLR_SOURCE_CHANGED when the file was changed, replaced or removed since it was opened. */
  async verify(): Promise<void> {
    if (this.#path === undefined) return;
    let now;
    try {
      now = await stat(this.#path);
    } catch (error) {
      throw this.#changed("vanished while it was read", error);
    }
    if (`${now.dev}:${now.ino}` !== this.#identity) throw this.#changed("was replaced while it was read");
    if (this.mayGrow && now.size > this.size) return;
    if (now.size !== this.size || now.mtimeMs !== this.mtimeMs) {
      throw this.#changed("was changed while it was read");
    }
  }

  /** Frees the file; downloads are deleted. May be called again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.handle.close();
    if (this.#temporary !== undefined) await rm(this.#temporary, { recursive: true, force: true });
  }

  #piece(position: number): Promise<Buffer> {
    return this.at(position, Math.min(PIECE_BYTES, Math.max(0, this.size - position)));
  }

  #hashPiece(piece: Buffer, start: number): void {
    const end = start + piece.length;
    if (start > this.#hashed || end <= this.#hashed) return;
    this.#hash.update(piece.subarray(this.#hashed - start));
    this.#hashed = end;
  }

  #changed(what: string, cause?: unknown): MillraceError {
    return new MillraceError("MLR_SOURCE_CHANGED", `${this.name} ${what}`, {
      hint: "Run again once nothing writes to it. Writers should write to another name and rename when done.",
      details: { file: this.name },
      cause,
    });
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") {
      throw new MillraceError("MLR_SOURCE_CHANGED", `${path} vanished before it could be read`, {
        hint: "Run again once nothing moves or removes the files.",
        details: { path },
        cause: error,
      });
    }
    throw new MillraceError(
      "MLR_SOURCE_FAILED",
      `${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint:
          code === "EACCES" || code === "EPERM" ? "Give this user the right to read it." : "See the cause.",
        details: { path },
        retry: code === "EACCES" || code === "EPERM" ? "never" : "later",
        cause: error,
      },
    );
  }
}
