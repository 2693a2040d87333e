import { open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RoutedRecord } from "../log-record.ts";
import { readFallbackLine } from "./fallback-entry.ts";
import { isWrittenTo, parseSegmentName, type SegmentName } from "./segment-name.ts";

/** Some of the records that wait in a folder of fallback files, the oldest ones. */
export interface FallbackChunk {
  readonly records: readonly RoutedRecord[];
  /** Lines that are no records, such as the last one of a process that was killed while it wrote. */
  readonly unreadable: number;
  /** Forgets the chunk: call it once its records are kept elsewhere. What is not forgotten comes again. */
  forget(): Promise<void>;
}

/** How much waits in a folder of fallback files. */
export interface FallbackBacklog {
  readonly files: number;
  readonly bytes: number;
  /** Of these, files that a living process still writes to. */
  readonly open: number;
}

/** Reads a line; `place` is the same whenever that line is read, and no other's. */
export type ParseLine = (line: string, place: string) => RoutedRecord | undefined;

const CHUNK_BYTES = 1024 * 1024;

/** Reads what `FallbackWriter`s wrote: those of processes that ended, and the closed files of all. Only one may read a folder. */
export class FallbackReader {
  readonly #directory: string;
  readonly #parse: ParseLine;

  /** @param parse default: lines of sinks' fallback files. */
  constructor(directory: string, parse: ParseLine = readFallbackLine) {
    this.#directory = directory;
    this.#parse = parse;
  }

  /** The next records, or undefined where none wait. */
  async next(): Promise<FallbackChunk | undefined> {
    for (const segment of await this.#segments()) {
      if (isWrittenTo(segment)) continue;
      const chunk = await this.#read(segment);
      if (chunk !== undefined) return chunk;
    }
    return undefined;
  }

  async backlog(): Promise<FallbackBacklog> {
    const segments = await this.#segments();
    const sizes = await Promise.all(
      segments.map(
        async ({ file }) => (await stat(join(this.#directory, file)).catch(() => undefined))?.size ?? 0,
      ),
    );
    return {
      files: segments.length,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      open: segments.filter(isWrittenTo).length,
    };
  }

  async #segments(): Promise<SegmentName[]> {
    const names = await readdir(this.#directory).catch((): string[] => []);
    return names.flatMap((file) => parseSegmentName(file) ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  async #read({ file, id }: SegmentName): Promise<FallbackChunk | undefined> {
    const path = join(this.#directory, file);
    const from = await this.#position(path);
    const read = await readLines(path, from).catch(() => undefined);
    if (read === undefined) return undefined;
    if (read.bytes === 0) {
      await this.#remove(path);
      return undefined;
    }
    const lines = read.text.split("\n").filter((line) => line !== "" && !line.startsWith('{"error":'));
    const records = lines.flatMap((line, index) => this.#parse(line, `${id} ${from} ${index}`) ?? []);
    return {
      records,
      unreadable: lines.length - records.length,
      forget: async () => {
        if (read.last) await this.#remove(path);
        else await writeFile(`${path}.position`, String(from + read.bytes));
      },
    };
  }

  async #position(path: string): Promise<number> {
    const text = await readFile(`${path}.position`, "utf8").catch(() => "0");
    return /^\d+$/.test(text) ? Number(text) : 0;
  }

  async #remove(path: string): Promise<void> {
    await rm(path, { force: true });
    await rm(`${path}.position`, { force: true });
  }
}

interface ReadLines {
  readonly text: string;
  readonly bytes: number;
  /** Nothing comes after it. */
  readonly last: boolean;
}

/** About a megabyte of whole lines from `from` on; more where one line is longer. */
async function readLines(path: string, from: number): Promise<ReadLines> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    for (let length = CHUNK_BYTES; ; length *= 4) {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - from)));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
      const last = from + bytesRead >= size;
      const end = last ? bytesRead : buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
      if (end > 0 || last) return { text: buffer.toString("utf8", 0, end), bytes: end, last };
    }
  } finally {
    await handle.close();
  }
}
