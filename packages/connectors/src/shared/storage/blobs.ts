import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { Transform, type Readable } from "node:stream";
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from "node:zlib";
import { MillraceError } from "@millrace/core";
import type { PlaceEntry, StorageBackend } from "./backend/backend.ts";
import { spool, type Spooled } from "./spool.ts";

/** How a content is kept: as it is, or compressed. */
export type BlobForm = "plain" | "zstd" | "gzip";

const ENDINGS: Readonly<Record<BlobForm, string>> = { plain: "", zstd: ".zst", gzip: ".gz" };
const FORMS: readonly BlobForm[] = ["plain", "zstd", "gzip"];

/** The contents of a storage, each once, under its SHA-256. */
export class Blobs {
  readonly #backend: StorageBackend;

  constructor(backend: StorageBackend) {
    this.#backend = backend;
  }

  /** Brings a spooled content in. False where it was there already; it counts as put now, so that nobody removes it. */
  async take({ file, sha256, bytes }: Spooled): Promise<boolean> {
    const present = await this.#find(sha256);
    // What was compressed because nobody wanted it is taken as it is again.
    if (present !== undefined && (await this.#backend.touch(present.path))) {
      await rm(file, { force: true });
      return false;
    }
    await this.#backend.take(blobPath(sha256, "plain"), file, { sha256, bytes });
    return true;
  }

  /** Whether the content is there, in any form. */
  async has(sha256: string): Promise<boolean> {
    return (await this.#find(sha256)) !== undefined;
  }

  /**
   * The content. Its stream fails with MLR_STORAGE_DAMAGED at its end where it is not what was put. Fails with
   * MLR_STORAGE_NOT_FOUND.
   */
  async open(sha256: string, name: string): Promise<Readable> {
    for (const form of FORMS) {
      const stream = await this.#backend.read(blobPath(sha256, form));
      if (stream !== undefined) return verified(unpacked(stream, form), sha256, name);
    }
    throw new MillraceError(
      "MLR_STORAGE_NOT_FOUND",
      `the content of ${name} is not in ${this.#backend.location}`,
      {
        hint: "It was removed by others. Restore the file from a backup; `millrace storage verify` lists all that is missing.",
        details: { sha256 },
      },
    );
  }

  /** All contents, in the order of their hashes. One that is there in two forms comes twice. */
  async *list(): AsyncIterable<PlaceEntry & { readonly sha256: string; readonly form: BlobForm }> {
    for await (const entry of this.#backend.list("blobs/")) {
      const [, sha256, ending = ""] = /\/([0-9a-f]{64})(\.\w+)?$/.exec(entry.path) ?? [];
      const form = FORMS.find((each) => ENDINGS[each] === ending);
      if (sha256 !== undefined && form !== undefined) yield { ...entry, sha256, form };
    }
  }

  /**
   * Replaces a plain content by a compressed one, once that was read back and is right. Gives its size; undefined where it would
   * not be smaller.
   */
  async compress(sha256: string, form: "zstd" | "gzip"): Promise<number | undefined> {
    const plain = blobPath(sha256, "plain");
    const before = await this.#backend.stat(plain);
    const content = await this.#backend.read(plain);
    if (before === undefined || content === undefined) return undefined;
    const packer = form === "zstd" ? createZstdCompress() : createGzip();
    content.on("error", (error) => packer.destroy(error));
    const packed = await spool(
      content.pipe(packer),
      await this.#backend.spoolFolder(),
      Number.POSITIVE_INFINITY,
    );
    if (packed.bytes >= before.bytes) {
      await rm(packed.file, { force: true });
      return undefined;
    }
    await this.#backend.take(blobPath(sha256, form), packed.file, packed);
    const back = await this.#backend.read(blobPath(sha256, form));
    if (back !== undefined) {
      for await (const _ of verified(unpacked(back, form), sha256, sha256));
    }
    await this.#backend.remove(plain);
    return packed.bytes;
  }

  async #find(sha256: string): Promise<PlaceEntry | undefined> {
    for (const form of FORMS) {
      const entry = await this.#backend.stat(blobPath(sha256, form));
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}

/** Where a content is. */
export function blobPath(sha256: string, form: BlobForm): string {
  return `blobs/${sha256.slice(0, 2)}/${sha256}${ENDINGS[form]}`;
}

function unpacked(stream: Readable, form: BlobForm): Readable {
  if (form === "plain") return stream;
  const unpacker = form === "zstd" ? createZstdDecompress() : createGunzip();
  stream.on("error", (error) => unpacker.destroy(error));
  return stream.pipe(unpacker);
}

function verified(stream: Readable, sha256: string, name: string): Readable {
  const hash = createHash("sha256");
  const check = new Transform({
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece);
      done(null, piece);
    },
    flush(done) {
      const found = hash.digest("hex");
      done(found === sha256 ? null : damaged(name, sha256, `its checksum is ${found}`));
    },
  });
  stream.on("error", (error) =>
    check.destroy(error instanceof MillraceError ? error : damaged(name, sha256, error.message, error)),
  );
  check.on("close", () => stream.destroy());
  return stream.pipe(check);
}

function damaged(name: string, sha256: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError(
    "MLR_STORAGE_DAMAGED",
    `${name} is not what was put there (sha256 ${sha256}): ${why}`,
    {
      hint: "Restore the file from a backup, or put the object again. Nothing of it should be used.",
      details: { sha256 },
      cause,
    },
  );
}
