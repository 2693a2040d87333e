import { open, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { MillraceError } from "@millrace/core";
import type { Arrived } from "../arrived.ts";
import type { Outgoing } from "../outgoing.ts";
import { INDEX_FILE, indexEntry, requestKey, type IndexEntry } from "./archive-index.ts";
import { gzipMembers } from "./gzip-members.ts";
import { parseResponseBlock } from "./http-block.ts";
import { damaged, parseRecord } from "./warc-record.ts";

/** How an archive is replayed. */
export interface ReplayOptions {
  /** Folder of the archive. */
  readonly folder: string;
  /**
   * Where an address was fetched several times: `latest` answers with the last one. `in-order` answers with one after another,
   * as they were fetched, and with the last one from then on. Default `latest`.
   */
  readonly which?: "latest" | "in-order";
}

const decompress = promisify(gunzip);

/** Answers requests from an archive, and none from the network. Each record is verified by its digest when it is read. */
export class ArchiveReader {
  readonly #folder: string;
  readonly #which: "latest" | "in-order";
  readonly #entries: ReadonlyMap<string, readonly IndexEntry[]>;
  readonly #next = new Map<string, number>();

  constructor(
    { folder, which = "latest" }: ReplayOptions,
    entries: ReadonlyMap<string, readonly IndexEntry[]>,
  ) {
    this.#folder = folder;
    this.#which = which;
    this.#entries = entries;
  }

  /** Different requests that can be answered. */
  get size(): number {
    return this.#entries.size;
  }

  /** What was fetched, in the order of first fetching. */
  *requests(): Generator<
    { readonly method: string; readonly url: string; readonly fetches: number },
    void,
    void
  > {
    for (const [first, ...more] of this.#entries.values()) {
      if (first !== undefined) yield { method: first.method, url: first.url, fetches: more.length + 1 };
    }
  }

  /** The answer to a request. Fails with MLR_SOURCE_NOT_FOUND where it was never fetched, MLR_SOURCE_FORMAT where it is damaged. */
  async answer(outgoing: Outgoing): Promise<Arrived> {
    const entry = this.#entry(requestKey(outgoing));
    if (entry === undefined) {
      throw new MillraceError(
        "MLR_SOURCE_NOT_FOUND",
        `${outgoing.method} ${outgoing.url.origin}${outgoing.url.pathname} is not in the archive ${this.#folder}`,
        {
          hint: "Only what was fetched with `recordTo` can be replayed, with the same method, address and body.",
        },
      );
    }
    const { block } = parseRecord(await this.#read(entry), whereOf(entry));
    const answer = parseResponseBlock(block);
    if (answer === undefined) throw damaged(whereOf(entry), "it has no HTTP answer");
    return { ...answer, origin: "replay" };
  }

  /** Reads all records. Fails with MLR_SOURCE_FORMAT at the first that is damaged; gives their number. */
  async verify(): Promise<number> {
    let count = 0;
    for (const entry of [...this.#entries.values()].flat()) {
      parseRecord(await this.#read(entry), whereOf(entry));
      count++;
    }
    return count;
  }

  #entry(key: string): IndexEntry | undefined {
    const all = this.#entries.get(key);
    if (all === undefined || this.#which === "latest") return all?.at(-1);
    const next = this.#next.get(key) ?? 0;
    this.#next.set(key, next + 1);
    return all[Math.min(next, all.length - 1)];
  }

  async #read(entry: IndexEntry): Promise<Buffer> {
    const file = await open(path.join(this.#folder, entry.file), "r");
    try {
      const bytes = Buffer.alloc(entry.length);
      await file.read(bytes, 0, entry.length, entry.offset);
      return await decompress(bytes);
    } catch (error) {
      throw damaged(whereOf(entry), String(error));
    } finally {
      await file.close();
    }
  }
}

/**
 * Opens an archive that `recordTo` wrote; what the index lacks after a crash is read from the files themselves. Give it as
 * `replay` to `createClient`. Fails with MLR_SOURCE_NOT_FOUND where the folder does not exist.
 */
export async function replayFrom(options: ReplayOptions): Promise<ArchiveReader> {
  const { folder } = options;
  const files = await readdir(folder).catch((error: unknown) => {
    throw new MillraceError("MLR_SOURCE_NOT_FOUND", `There is no archive in ${folder}`, {
      hint: "Give the folder that was given to `recordTo`.",
      details: { folder },
      cause: error,
    });
  });
  const entries = files.includes(INDEX_FILE)
    ? parseIndex(await readFile(path.join(folder, INDEX_FILE), "utf8"))
    : [];
  const known = new Set(entries.map(({ file, offset }) => `${file} ${offset}`));
  const indexed = new Map<string, number>();
  for (const { file, offset, length } of entries)
    indexed.set(file, Math.max(indexed.get(file) ?? 0, offset + length));
  for (const file of files.filter((name) => name.endsWith(".warc.gz")).toSorted()) {
    // The last exchange of a process that was killed may be in the file, but not in the index.
    for (const entry of await scan(folder, file, indexed.get(file) ?? 0))
      if (!known.has(`${file} ${entry.offset}`)) entries.push(entry);
  }
  const byKey = new Map<string, IndexEntry[]>();
  for (const entry of entries.toSorted((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0))) {
    const list = byKey.get(entry.key) ?? [];
    byKey.set(entry.key, list);
    list.push(entry);
  }
  return new ArchiveReader(options, byKey);
}

/** Lines that are none are passed over: the last one may be cut off. */
function parseIndex(text: string): IndexEntry[] {
  return text.split("\n").flatMap((line) => {
    try {
      return [indexEntry.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

async function scan(folder: string, file: string, from: number): Promise<IndexEntry[]> {
  const handle = await open(path.join(folder, file), "r");
  let bytes: Buffer;
  try {
    const { size } = await handle.stat();
    bytes = Buffer.alloc(Math.max(0, size - from));
    await handle.read(bytes, 0, bytes.length, from);
  } finally {
    await handle.close();
  }
  const found: IndexEntry[] = [];
  for (const { offset, length, content } of gzipMembers(bytes)) {
    const { fields, block } = parseRecord(content, `The record at byte ${from + offset} of ${file}`);
    const url = fields.get("warc-target-uri");
    if (fields.get("warc-type") !== "response" || url === undefined) continue;
    const status = parseResponseBlock(block)?.status;
    if (status === undefined) continue;
    const key = fields.get("millrace-key") ?? `GET ${url}`;
    const method = key.slice(0, key.indexOf(" "));
    const date = fields.get("warc-date") ?? "";
    found.push({ key, url, method, status, date, file, offset: from + offset, length });
  }
  return found;
}

function whereOf({ file, offset }: IndexEntry): string {
  return `The record at byte ${offset} of ${file}`;
}
