import type { Readable } from "node:stream";
import { fromFdPromise, type Entry, type ZipFile } from "yauzl";
import type { OpenFile } from "../shared/files/open-file.ts";
import { formatError } from "./format-error.ts";

/** The parts of an Office document: files in a ZIP archive, found by name. */
export class PackageParts {
  readonly #file: OpenFile;
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(file: OpenFile, zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#file = file;
    this.#zip = zip;
    this.#entries = entries;
  }

  /** Reads the archive's directory. Fails with MLR_SOURCE_FORMAT where the file is no archive. */
  static async open(file: OpenFile): Promise<PackageParts> {
    const head = await file.head(8);
    if (head.subarray(0, 4).toString("hex") === "d0cf11e0") {
      throw formatError(
        file.name,
        "is an old workbook (.xls), or one with a password",
        "Save it as .xlsx without a password.",
      );
    }
    if (head.toString("latin1", 0, 2) !== "PK") {
      throw formatError(
        file.name,
        "is no Excel workbook (.xlsx)",
        "Check the path; read CSV files with csv(…).",
      );
    }
    const entries = new Map<string, Entry>();
    try {
      // Not closed with the archive: the file is not ours.
      const zip = await fromFdPromise(file.handle.fd, { autoClose: false, lazyEntries: true });
      for await (const entry of zip.eachEntry()) entries.set(partName(entry.fileName), entry);
      return new PackageParts(file, zip, entries);
    } catch (error) {
      throw damaged(file.name, error);
    }
  }

  has(name: string): boolean {
    return this.#entries.has(partName(name));
  }

  /** The text of a part, piece by piece. Fails with MLR_SOURCE_FORMAT where it is missing or damaged. */
  async *text(name: string): AsyncGenerator<string, void, void> {
    const entry = this.#entries.get(partName(name));
    if (entry === undefined) {
      throw formatError(this.#file.name, `lacks its part ${name}`, "The file may be damaged: save it again.");
    }
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let stream: Readable | undefined;
    try {
      stream = await this.#zip.openReadStreamPromise(entry);
      for await (const piece of stream as AsyncIterable<Buffer>)
        yield decoder.decode(piece, { stream: true });
      yield decoder.decode();
    } catch (error) {
      throw damaged(this.#file.name, error);
    } finally {
      stream?.destroy();
    }
  }
}

/** Names of parts differ neither by case nor by a slash before them. */
function partName(name: string): string {
  return name.replaceAll("\\", "/").replace(/^\//, "").toLowerCase();
}

function damaged(file: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return formatError(file, `cannot be unpacked: ${reason}`, "Copy or download the file again.", cause);
}
