import { MillraceError } from "@millrace/core";
import { fromBufferPromise, type Entry, type ZipFile } from "yauzl";
import type { ResolvedDocumentLimits } from "../document-limits.ts";
import { formatError } from "../decode-text.ts";

/** Archives with more members are refused. */
const MOST_MEMBERS = 20_000;

/** The members of an archive in memory, unpacked within limits. */
export class PackedParts {
  readonly #name: string;
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;
  #left: number;

  private constructor(name: string, zip: ZipFile, entries: ReadonlyMap<string, Entry>, left: number) {
    this.#name = name;
    this.#zip = zip;
    this.#entries = entries;
    this.#left = left;
  }

  /** Reads the archive's directory. Fails with MLR_SOURCE_FORMAT where it is damaged, MLR_SOURCE_LIMIT for too many members. */
  static async open(name: string, bytes: Uint8Array, limits: ResolvedDocumentLimits): Promise<PackedParts> {
    const entries = new Map<string, Entry>();
    try {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const zip = await fromBufferPromise(buffer, { lazyEntries: true });
      if (zip.entryCount > MOST_MEMBERS)
        throw tooMuch(name, `has ${zip.entryCount} members, more than ${MOST_MEMBERS}`);
      for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
      return new PackedParts(name, zip, entries, limits.unpackedBytes);
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      throw formatError(name, "cannot be unpacked", "Copy or download the file again.", error);
    }
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  /** A member's bytes; undefined where there is none. Fails with MLR_SOURCE_LIMIT where all that was unpacked gets too much. */
  async bytes(member: string): Promise<Buffer | undefined> {
    const entry = this.#entries.get(member);
    if (entry === undefined) return undefined;
    const pieces: Buffer[] = [];
    try {
      const stream = await this.#zip.openReadStreamPromise(entry);
      for await (const piece of stream as AsyncIterable<Buffer>) {
        this.#left -= piece.length;
        if (this.#left < 0) throw tooMuch(this.#name, "unpacks to more bytes than its limit allows");
        pieces.push(piece);
      }
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      throw formatError(
        this.#name,
        `has a damaged part ${member}`,
        "Open and save it in its program again.",
        error,
      );
    }
    return Buffer.concat(pieces);
  }
}

function tooMuch(name: string, what: string): MillraceError {
  return new MillraceError("MLR_SOURCE_LIMIT", `${name} ${what}`, {
    hint: "Raise the option `limits.unpackedBytes` if that much is expected.",
    details: { file: name },
  });
}
