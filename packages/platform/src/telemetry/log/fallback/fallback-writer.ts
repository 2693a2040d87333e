import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  fsync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import {
  closedName,
  isWrittenTo,
  newSegmentName,
  parseSegmentName,
  type SegmentName,
  WRITTEN_HERE,
} from "./segment-name.ts";

/** When lines of a fallback file are forced to the disk: matters where the machine loses its power, not where a process is killed. */
export type SyncPolicy = "always" | "second" | "never";

/** How much is kept, and how safely. */
export interface FallbackLimits {
  /** All files of one sink together, in bytes. Default 1 GiB. Beyond it the oldest file goes, and how many lines it had is told. */
  readonly maxBytes?: number;
  /** One file, in bytes. Default 16 MiB. */
  readonly segmentBytes?: number;
  /** Default `second`: within a second. */
  readonly sync?: SyncPolicy;
}

const MAX_BYTES = 1024 ** 3;
const SEGMENT_BYTES = 16 * 1024 ** 2;

/** What became of an attempt to keep lines. */
export interface Kept {
  /** False where the disk did not take them. */
  readonly kept: boolean;
  /** Lines of older files that had to be deleted to stay within the limit. */
  readonly deleted: number;
}

interface OpenSegment {
  readonly fd: number;
  readonly file: string;
  readonly id: string;
  size: number;
}

/** Appends to the files of one folder. Lines are in the system's hands when `append` returns; it never throws. */
export class FallbackWriter {
  readonly directory: string;
  readonly #limits: Required<FallbackLimits>;
  #open: OpenSegment | undefined;
  #total: number | undefined;
  #syncing: NodeJS.Timeout | undefined;

  constructor(directory: string, limits: FallbackLimits = {}) {
    this.directory = directory;
    this.#limits = {
      maxBytes: limits.maxBytes ?? MAX_BYTES,
      segmentBytes: limits.segmentBytes ?? SEGMENT_BYTES,
      sync: limits.sync ?? "second",
    };
  }

  /** Name of the file that is being written to. */
  get current(): string | undefined {
    return this.#open?.file;
  }

  /** Keeps whole lines. */
  append(lines: string): Kept {
    const bytes = Buffer.from(lines);
    let deleted = 0;
    try {
      if (this.#open !== undefined && this.#open.size + bytes.length > this.#limits.segmentBytes)
        this.rotate();
      deleted = this.#makeRoom(bytes.length);
      this.#open ??= this.#begin();
      this.#write(this.#open, bytes);
      return { kept: true, deleted };
    } catch {
      return { kept: false, deleted };
    }
  }

  /** Closes the file that is being written to, so that it can be replayed. */
  rotate(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    clearTimeout(this.#syncing);
    this.#syncing = undefined;
    WRITTEN_HERE.delete(open.id);
    try {
      if (this.#limits.sync !== "never") fdatasyncSync(open.fd);
    } catch {
      // A disk that fails here has been told all that there is to tell.
    }
    try {
      closeSync(open.fd);
      const path = join(this.directory, open.file);
      if (open.size === 0) rmSync(path, { force: true });
      else renameSync(path, join(this.directory, closedName(open.file)));
    } catch {
      // Who replays finds it by its old name, once this process has ended.
    }
  }

  #begin(): OpenSegment {
    mkdirSync(this.directory, { recursive: true });
    const { file, id } = newSegmentName();
    const fd = openSync(join(this.directory, file), "ax", 0o600);
    WRITTEN_HERE.add(id);
    return { fd, file, id, size: 0 };
  }

  #write(open: OpenSegment, bytes: Uint8Array): void {
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(open.fd, bytes, done);
    } catch (error) {
      // A part of the lines is worse than none: they are tried again elsewhere.
      ftruncateSync(open.fd, open.size);
      throw error;
    }
    open.size += bytes.length;
    this.#total = (this.#total ?? 0) + bytes.length;
    if (this.#limits.sync === "always") fdatasyncSync(open.fd);
    else if (this.#limits.sync === "second") this.#syncSoon(open.fd);
  }

  #syncSoon(fd: number): void {
    if (this.#syncing !== undefined) return;
    this.#syncing = setTimeout(() => {
      this.#syncing = undefined;
      if (this.#open?.fd === fd) fsync(fd, () => undefined);
    }, 1000);
    this.#syncing.unref();
  }

  /** Deletes the oldest files that nobody writes to until `bytes` more are within the limit, and counts their lines. */
  #makeRoom(bytes: number): number {
    if (this.#total !== undefined && this.#total + bytes <= this.#limits.maxBytes) return 0;
    const segments = this.#segments();
    let total = segments.reduce((sum, { size }) => sum + size, 0);
    let lines = 0;
    for (const { name, size } of segments) {
      if (total + bytes <= this.#limits.maxBytes) break;
      if (name.file === this.#open?.file || isWrittenTo(name)) continue;
      const path = join(this.directory, name.file);
      lines += countRecords(readFileSync(path));
      rmSync(path, { force: true });
      rmSync(`${path}.position`, { force: true });
      total -= size;
    }
    this.#total = total;
    return lines;
  }

  #segments(): { readonly name: SegmentName; readonly size: number }[] {
    let names: string[];
    try {
      names = readdirSync(this.directory);
    } catch {
      return [];
    }
    return names
      .flatMap((file) => parseSegmentName(file) ?? [])
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((name) => ({
        name,
        size: statSync(join(this.directory, name.file), { throwIfNoEntry: false })?.size ?? 0,
      }));
  }
}

const ERROR_LINE = Buffer.from('{"error":');

function countRecords(text: Buffer): number {
  let lines = 0;
  let from = 0;
  for (let at = text.indexOf(10); at !== -1; at = text.indexOf(10, from)) {
    if (text.compare(ERROR_LINE, 0, ERROR_LINE.length, from, from + ERROR_LINE.length) !== 0) lines += 1;
    from = at + 1;
  }
  return lines;
}
