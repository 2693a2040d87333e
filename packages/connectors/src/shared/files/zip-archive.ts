import { open, stat, type FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import { MillraceError } from "@millrace/core";
import { fromFdPromise, type Entry, type ZipFile } from "yauzl";

/** Archives with more members are refused. */
const MOST_MEMBERS = 100_000;
/** Beyond so many bytes, content that is so many times larger than it was packed is refused: real data packs 5 to 50 times. */
const BOMB = { bytes: 64 * 1024 ** 2, ratio: 200 } as const;

/** A file in an archive. */
export interface Member {
  /** With `/`, as the archive has it. */
  readonly name: string;
  /** Bytes, unpacked. */
  readonly size: number;
  /** Differs where the content does: checksum, size and time. */
  readonly mark: string;
}

/** An open ZIP archive. Who opens it closes it. */
export class ZipArchive {
  readonly path: string;
  readonly members: readonly Member[];
  readonly #handle: FileHandle;
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;
  /** Undefined where nobody else can change it. */
  readonly #identity: string | undefined;

  private constructor(parts: {
    path: string;
    handle: FileHandle;
    zip: ZipFile;
    entries: ReadonlyMap<string, Entry>;
    identity: string | undefined;
  }) {
    this.path = parts.path;
    this.#handle = parts.handle;
    this.#zip = parts.zip;
    this.#entries = parts.entries;
    this.#identity = parts.identity;
    this.members = [...parts.entries].map(([name, entry]) => ({
      name,
      size: entry.uncompressedSize,
      mark: `zip-${entry.crc32.toString(16)}-${entry.uncompressedSize}-${entry.getLastModDate().getTime()}`,
    }));
  }

  /** Reads the archive's directory. Fails with MLR_SOURCE_FORMAT, or MLR_SOURCE_LIMIT for too many members. */
  static async open(path: string): Promise<ZipArchive> {
    const handle = await open(path, "r");
    return ZipArchive.#read(path, handle, await identityOf(path));
  }

  /** Takes over an archive that was put aside, such as a download; `name` is for messages. */
  static of(name: string, handle: FileHandle): Promise<ZipArchive> {
    return ZipArchive.#read(name, handle, undefined);
  }

  static async #read(path: string, handle: FileHandle, identity: string | undefined): Promise<ZipArchive> {
    try {
      const zip = await fromFdPromise(handle.fd, { autoClose: false, lazyEntries: true });
      const entries = new Map<string, Entry>();
      if (zip.entryCount > MOST_MEMBERS) {
        throw new MillraceError(
          "MLR_SOURCE_LIMIT",
          `${path} has ${zip.entryCount} members, more than ${MOST_MEMBERS}`,
          { hint: "Unpack it first.", details: { file: path } },
        );
      }
      for await (const entry of zip.eachEntry()) {
        if (isData(entry.fileName)) entries.set(entry.fileName, entry);
      }
      return new ZipArchive({ path, handle, zip, entries, identity });
    } catch (error) {
      await handle.close();
      throw error instanceof MillraceError ? error : damaged(path, error);
    }
  }

  /**
   * The content of a member, piece by piece. Fails with MLR_SOURCE_FORMAT where it is encrypted or damaged,
   * MLR_SOURCE_LIMIT where it is larger than `maxBytes` or grows like a bomb, MLR_SOURCE_CHANGED where the archive changed.
   */
  async *unpack(name: string, maxBytes: number): AsyncGenerator<Buffer, void, void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw damaged(this.path, new Error(`it lacks ${name}`));
    const where = `${this.path}/${name}`;
    if (entry.isEncrypted()) {
      throw new MillraceError("MLR_SOURCE_FORMAT", `${where} is encrypted`, {
        hint: "Unpack the archive with its password first.",
        details: { file: where },
      });
    }
    refuseSize(where, entry, entry.uncompressedSize, maxBytes);
    let stream: Readable | undefined;
    let size = 0;
    try {
      stream = await this.#zip.openReadStreamPromise(entry);
      for await (const piece of stream as AsyncIterable<Buffer>) {
        // The directory may say less than what comes out.
        size += piece.length;
        refuseSize(where, entry, size, maxBytes);
        yield piece;
      }
    } catch (error) {
      throw error instanceof MillraceError ? error : damaged(where, error);
    } finally {
      stream?.destroy();
    }
    if (this.#identity === undefined) return;
    if ((await identityOf(this.path).catch(() => undefined)) !== this.#identity) {
      throw new MillraceError("MLR_SOURCE_CHANGED", `${this.path} was changed while it was read`, {
        hint: "Run again once nothing writes to it.",
        details: { file: this.path },
      });
    }
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.#handle.close().catch(() => undefined);
  }
}

/** The archives of one reading, each opened once. */
export class Archives {
  readonly #open = new Map<string, Promise<ZipArchive>>();

  get(path: string): Promise<ZipArchive> {
    const known = this.#open.get(path) ?? ZipArchive.open(path);
    this.#open.set(path, known);
    return known;
  }

  async close(): Promise<void> {
    for (const opening of this.#open.values()) await (await opening.catch(() => undefined))?.close();
    this.#open.clear();
  }
}

/** No folder, and nothing that macOS or a person hid. */
function isData(name: string): boolean {
  return !name.endsWith("/") && !name.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");
}

function refuseSize(where: string, entry: Entry, bytes: number, maxBytes: number): void {
  const bomb = bytes > BOMB.bytes && bytes > Math.max(1, entry.compressedSize) * BOMB.ratio;
  if (bytes <= maxBytes && !bomb) return;
  throw new MillraceError(
    "MLR_SOURCE_LIMIT",
    bomb
      ? `${where} unpacks to more than ${BOMB.ratio} times its packed size, as only archives do that are made to fill a disk`
      : `${where} is larger than ${maxBytes} bytes`,
    {
      hint: bomb
        ? "Unpack it first if you trust it."
        : "Raise the option `maxBytes` if that much is expected.",
      details: { file: where, bytes },
    },
  );
}

async function identityOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeMs } = await stat(path);
  return `${dev}:${ino}:${size}:${mtimeMs}`;
}

function damaged(where: string, cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError("MLR_SOURCE_FORMAT", `${where} cannot be unpacked: ${reason}`, {
    hint: "Copy or download the archive again.",
    details: { file: where },
    cause,
  });
}
