import { type FileHandle, mkdir, open, readdir, rm, truncate } from "node:fs/promises";
import path from "node:path";
import { asMillraceError, type Clock, systemClock } from "@millrace/core";
import { decodeRecord, encodeRecord, HEADER_BYTES, type JournalRecord } from "./record.ts";
import { firstOf, offsetOf, recoverSegment, type Segment, segmentFile } from "./segment.ts";

/** Where a journal is and how large it may become. */
export interface JournalOptions {
  /** A folder of its own; made where it is missing. One process at a time. */
  readonly directory: string;
  /** Bytes on disk. Default 1 GiB. */
  readonly maxBytes?: number;
  /** Bytes of one file, which is deleted as a whole. Default 8 MiB, or a quarter of `maxBytes`. */
  readonly segmentBytes?: number;
  /**
   * When records are made safe from a crash of the machine: `each` time they are written, or at most so many ms later, with
   * the next ones, with `sync` and with `close`. A crash of the process alone loses nothing either way. Default 1,000.
   */
  readonly fsync?: "each" | number;
  /** The number of the first record of an empty journal, at least. Default 1. */
  readonly firstNumber?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

const MAX_BYTES = 1024 ** 3;
const SEGMENT_BYTES = 8 * 1024 ** 2;
const FSYNC_MS = 1_000;

/**
 * Records on disk, in order, until they are not needed any more: what a live source holds while its destination is away. Files
 * of bounded size, each record with a checksum; a record that was being written when the process died is cut off.
 */
export class Journal {
  readonly #directory: string;
  readonly #maxBytes: number;
  readonly #segmentBytes: number;
  readonly #fsync: "each" | number;
  readonly #clock: Clock;
  /** Oldest first. */
  #segments: Segment[] = [];
  #next: number;
  #active: FileHandle | undefined;
  #synced = 0;
  #dirty = false;
  #reading: { number: number; offset: number } | undefined;
  #chain: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** Bytes that were cut off when it was opened. */
  lostBytes = 0;

  private constructor(options: JournalOptions) {
    this.#directory = options.directory;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    // Room is made by whole files.
    const most = Math.min(SEGMENT_BYTES, Math.ceil(this.#maxBytes / 4));
    this.#segmentBytes = options.segmentBytes ?? most;
    this.#fsync = options.fsync ?? FSYNC_MS;
    this.#clock = options.clock ?? systemClock;
    this.#next = options.firstNumber ?? 1;
  }

  /** Opens the journal of a folder, with what an earlier process left in it. Fails with MLR_SOURCE_FAILED. */
  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options);
    try {
      await mkdir(options.directory, { recursive: true });
      await journal.#recover();
    } catch (error) {
      throw asMillraceError(
        error,
        "MLR_SOURCE_FAILED",
        `the journal in ${options.directory} cannot be opened`,
      );
    }
    return journal;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Records that it holds. */
  get records(): number {
    return this.#segments.reduce((sum, { records }) => sum + records, 0);
  }

  /** Number of the oldest record that it holds; the same as `next` where it is empty. */
  get first(): number {
    return this.#segments.find(({ records }) => records > 0)?.first ?? this.#next;
  }

  /** Number that the next record gets. */
  get next(): number {
    return this.#next;
  }

  /** Numbers from here on are at least so high: those below were given to records that never came here. Only while it is empty. */
  skipTo(number: number): void {
    if (this.records === 0 && number > this.#next) {
      this.#next = number;
      this.#serial(() => this.#rotate()).catch(() => undefined);
    }
  }

  /**
   * Adds a record. Resolves with its number when it is written, or with undefined where there is no room for it: then nothing
   * is written, and it may be tried again after `trim`. Fails with MLR_SOURCE_FAILED.
   */
  append(payload: Uint8Array): Promise<number | undefined> {
    return this.#serial(() => this.#append(payload));
  }

  /**
   * Records behind `after`, oldest first: about `maxBytes` of them, at least one where there is one.
   * @param maxBytes default 1 MiB
   */
  read(after: number, maxBytes = 1024 ** 2): Promise<JournalRecord[]> {
    return this.#serial(() => this.#read(Math.max(after + 1, this.first), maxBytes));
  }

  /** Forgets records up to this number. Files are deleted when none of their records is needed. */
  trim(through: number): Promise<void> {
    return this.#serial(() => this.#trim(through));
  }

  /** Drops the oldest file; how many records that were. */
  dropOldest(): Promise<number> {
    return this.#serial(async () => {
      const [oldest] = this.#segments;
      if (oldest === undefined) return 0;
      await this.#trim(oldest.first + oldest.records - 1);
      return oldest.records;
    });
  }

  /** Makes everything that was written safe from a crash of the machine. */
  sync(): Promise<void> {
    return this.#serial(() => this.#sync());
  }

  /** Idempotent. What it holds stays for the next one. */
  close(): Promise<void> {
    return this.#serial(async () => {
      if (this.#closed) return;
      this.#closed = true;
      await this.#sync();
      await this.#active?.close();
      this.#active = undefined;
      const empty = this.#segments.filter(({ records }) => records === 0);
      await Promise.all(empty.map(({ file }) => rm(file, { force: true })));
    });
  }

  /** One thing after the other, whatever came of the one before. */
  #serial<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#chain.then(work);
    this.#chain = result.catch(() => undefined);
    return result;
  }

  async #recover(): Promise<void> {
    const names = (await readdir(this.#directory)).toSorted();
    for (const name of names) {
      const first = firstOf(name);
      if (first === undefined) continue;
      const { segment, lost } = await recoverSegment(path.join(this.#directory, name), first);
      this.lostBytes += lost;
      if (segment.records === 0) await rm(segment.file, { force: true });
      else this.#segments.push(segment);
    }
    const last = this.#segments.at(-1);
    if (last !== undefined) this.#next = Math.max(this.#next, last.first + last.records);
  }

  async #append(payload: Uint8Array): Promise<number | undefined> {
    const number = this.#next;
    const bytes = encodeRecord({ number, payload });
    if (this.bytes + bytes.length > this.#maxBytes) return undefined;
    const segment = await this.#writable(bytes.length);
    const handle = (this.#active ??= await open(segment.file, "a"));
    try {
      await writeAll(handle, bytes);
    } catch (error) {
      // Half a record must not stand before the next one.
      await truncate(segment.file, segment.bytes).catch(() => undefined);
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") return undefined;
      throw asMillraceError(error, "MLR_SOURCE_FAILED", `the journal ${segment.file} cannot be written`);
    }
    segment.bytes += bytes.length;
    segment.records++;
    this.#next = number + 1;
    this.#dirty = true;
    if (this.#fsync === "each" || this.#clock.monotonic() - this.#synced >= this.#fsync) await this.#sync();
    return number;
  }

  async #writable(bytes: number): Promise<Segment> {
    const last = this.#segments.at(-1);
    const follows = last !== undefined && last.first + last.records === this.#next;
    if (follows && (last.records === 0 || last.bytes + bytes <= this.#segmentBytes)) return last;
    await this.#rotate();
    const segment = {
      file: segmentFile(this.#directory, this.#next),
      first: this.#next,
      records: 0,
      bytes: 0,
    };
    this.#segments.push(segment);
    return segment;
  }

  async #rotate(): Promise<void> {
    await this.#sync();
    await this.#active?.close();
    this.#active = undefined;
  }

  async #sync(): Promise<void> {
    if (this.#dirty) await this.#active?.sync();
    this.#dirty = false;
    this.#synced = this.#clock.monotonic();
  }

  async #read(wanted: number, maxBytes: number): Promise<JournalRecord[]> {
    const segment = this.#segments.find(({ first, records }) => wanted < first + records);
    if (segment === undefined) return [];
    // What was cut out of the middle is missing.
    const from = Math.max(wanted, segment.first);
    const start = this.#reading?.number === from ? this.#reading.offset : await offsetOf(segment, from);
    const records: JournalRecord[] = [];
    const handle = await open(segment.file, "r");
    try {
      let bytes = await readBytes(handle, start, Math.min(maxBytes, segment.bytes - start));
      let at = 0;
      for (let number = from; number < segment.first + segment.records; number++) {
        const found = decodeRecord(bytes, at, number);
        if (found === "cut" && records.length === 0 && bytes.length < segment.bytes - start) {
          // The first record alone is larger than what was to be read.
          bytes = await readBytes(handle, start, HEADER_BYTES + bytes.readUInt32LE(0));
          number--;
          continue;
        }
        if (found === "damaged") throw damaged(segment.file, number);
        if (found === "cut") break;
        records.push(found.record);
        at = found.end;
      }
      const last = records.at(-1);
      const ends = last !== undefined && last.number + 1 < segment.first + segment.records;
      this.#reading = ends ? { number: last.number + 1, offset: start + at } : undefined;
    } finally {
      await handle.close();
    }
    return records;
  }

  async #trim(through: number): Promise<void> {
    const gone = this.#segments.filter(({ first, records }) => records > 0 && first + records - 1 <= through);
    if (gone.length === 0) return;
    if (gone.includes(this.#segments.at(-1) as Segment)) await this.#rotate();
    this.#segments = this.#segments.filter((segment) => !gone.includes(segment));
    this.#reading = undefined;
    for (const { file } of gone) await rm(file, { force: true });
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
}

async function readBytes(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await handle.read(bytes, read, length - read, start + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

function damaged(file: string, number: number): Error {
  return asMillraceError(
    new Error(`record ${number} has changed on disk since it was written`),
    "MLR_SOURCE_FAILED",
    `the journal ${file} is damaged`,
  );
}
