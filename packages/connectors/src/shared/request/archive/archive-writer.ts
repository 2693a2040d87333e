import { mkdir, open, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { systemClock, type Clock } from "@millrace/core";
import type { AnswerOrigin } from "../arrived.ts";
import type { Outgoing } from "../outgoing.ts";
import type { AnswerHeaders } from "../whole-answer.ts";
import { INDEX_FILE, requestKey, type IndexEntry } from "./archive-index.ts";
import { requestBlock, responseBlock } from "./http-block.ts";
import { digestOf, formatRecord, newRecordId, type NewRecord } from "./warc-record.ts";

/** Options of an archive of answers. */
export interface ArchiveOptions {
  /** Folder of the archive; it is made where it does not exist. Further runs add files to it. */
  readonly folder: string;
  /** Bytes after which another file is begun. Default 256 MiB. */
  readonly maxFileBytes?: number;
}

const compress = promisify(gzip);
const MAX_FILE = 256 * 1024 ** 2;
/** Addresses whose last answer is remembered; the oldest go first. */
const MOST_KNOWN = 100_000;

/** An answer to be kept. */
export interface Recorded {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** As it was transferred. */
  readonly body: Buffer;
  /** What the cache answers twice is kept once. */
  readonly origin: AnswerOrigin;
}

interface OpenFiles {
  readonly name: string;
  readonly file: FileHandle;
  readonly index: FileHandle;
  offset: number;
}

/**
 * Keeps requests and answers as they came, in WARC 1.1 files with a gzip member for each record, and an index beside them.
 * Credentials and cookies of requests are left out. Close it.
 */
export class ArchiveWriter {
  readonly #folder: string;
  readonly #maxFileBytes: number;
  readonly #clock: Clock;
  #open: OpenFiles | undefined;
  #files = 0;
  /** By key: what was written last. */
  readonly #known = new Map<string, { readonly digest: string; readonly entry: IndexEntry }>();
  #last: Promise<unknown> = Promise.resolve();
  /** Answers that were kept. */
  records = 0;

  constructor({ folder, maxFileBytes = MAX_FILE }: ArchiveOptions, clock: Clock = systemClock) {
    this.#folder = folder;
    this.#maxFileBytes = maxFileBytes;
    this.#clock = clock;
  }

  /** Writes an exchange; resolves when it is in the file. Exchanges are written one after another. */
  record(outgoing: Outgoing, answer: Recorded): Promise<void> {
    const writing = this.#last.then(() => this.#write(outgoing, answer));
    this.#last = writing.catch(() => undefined);
    return writing;
  }

  /** Waits for what is being written. May be called again. */
  async close(): Promise<void> {
    await this.#last;
    await this.#end();
  }

  async #write(outgoing: Outgoing, answer: Recorded): Promise<void> {
    const open = await this.#file();
    const key = requestKey(outgoing);
    const digest = digestOf(answer.body);
    const known = answer.origin === "network" ? undefined : this.#known.get(key);
    const date = new Date(this.#clock.now()).toISOString();
    const entry =
      known?.digest === digest && known.entry.status === answer.status
        ? { ...known.entry, date }
        : await this.#append(outgoing, { answer, open, key, date });
    await open.index.writeFile(`${JSON.stringify(entry)}\n`);
    this.#remember(key, { digest, entry });
    this.records++;
  }

  async #append(
    outgoing: Outgoing,
    { answer, open, key, date }: { answer: Recorded; open: OpenFiles; key: string; date: string },
  ): Promise<IndexEntry> {
    const { status, headers, body } = answer;
    const target = outgoing.url.href;
    const requestId = newRecordId();
    const response = await this.#record({
      type: "response",
      id: newRecordId(),
      date,
      target,
      contentType: "application/http;msgtype=response",
      ...responseBlock(status, headers, body),
      fields: { "WARC-Concurrent-To": requestId, "Millrace-Key": key },
    });
    const request = await this.#record({
      type: "request",
      id: requestId,
      date,
      target,
      contentType: "application/http;msgtype=request",
      ...requestBlock(outgoing),
    });
    const { name: file, offset } = open;
    await open.file.writeFile(Buffer.concat([response, request]));
    open.offset += response.length + request.length;
    const { method } = outgoing;
    return { key, url: target, method, status, date, file, offset, length: response.length };
  }

  #remember(key: string, known: { readonly digest: string; readonly entry: IndexEntry }): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size <= MOST_KNOWN) return;
    for (const oldest of this.#known.keys()) return void this.#known.delete(oldest);
  }

  async #file(): Promise<OpenFiles> {
    if (this.#open !== undefined && this.#open.offset < this.#maxFileBytes) return this.#open;
    await this.#end();
    await mkdir(this.#folder, { recursive: true });
    const now = this.#clock.now();
    const stamp = new Date(now).toISOString().replaceAll(/\D/g, "").slice(0, 17);
    const name = `millrace-${stamp}-${process.pid}-${String(++this.#files).padStart(5, "0")}.warc.gz`;
    // Another writer of the same name would be a mistake that must not cost what is there.
    const file = await open(path.join(this.#folder, name), "wx");
    const index = await open(path.join(this.#folder, INDEX_FILE), "a");
    const info = await this.#record({
      type: "warcinfo",
      id: newRecordId(),
      date: new Date(now).toISOString(),
      contentType: "application/warc-fields",
      block: Buffer.from("software: millrace\r\nformat: WARC File Format 1.1\r\n"),
      fields: { "WARC-Filename": name },
    });
    await file.writeFile(info);
    this.#open = { name, file, index, offset: info.length };
    return this.#open;
  }

  #record(record: NewRecord): Promise<Buffer> {
    return compress(formatRecord(record));
  }

  async #end(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.file.close();
    await open?.index.close();
  }
}

/** Keeps what a client fetches in a folder, for `replayFrom`. Close it. */
export function recordTo(options: ArchiveOptions, clock?: Clock): ArchiveWriter {
  return new ArchiveWriter(options, clock);
}
