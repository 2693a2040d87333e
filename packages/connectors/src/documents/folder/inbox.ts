import { lstat, opendir, readdir } from "node:fs/promises";
import path from "node:path";
import type { Clock } from "@millrace/core";
import { folderFailure } from "./folders.ts";
import { shownName } from "./file-name.ts";
import type { InboxFile } from "./inbox-file.ts";

/** Files that are remembered at a time: of more than these the rest is looked at when these are taken. */
const MOST = 20_000;
/** Files that are looked at together. */
const TOGETHER = 32;
const UNFINISHED = /\.(part|tmp|crdownload|filepart|partial)$/i;

/** A file that has stayed as it is for long enough. */
export interface StableFile extends InboxFile {
  /** Bytes of the path in the inbox. */
  readonly raw: Buffer;
  /** In ms since 1970, with fractions. */
  readonly modified: number;
}

/** How an inbox is looked at. */
export interface InboxOptions {
  readonly folder: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly recursive: boolean;
  readonly stableMs: number;
  readonly clock: Clock;
}

interface Seen {
  readonly raw: Buffer;
  readonly name: string;
  readonly size: number;
  readonly modified: number;
  /** Since when it is like this, by the monotonic clock. */
  readonly since: number;
}

/** A folder that files are put into, looked at again and again. Files are only known by what the folder says of them. */
export class Inbox {
  readonly #o: InboxOptions;
  #seen = new Map<string, Seen>();

  constructor(options: InboxOptions) {
    this.#o = options;
  }

  /** Files that are there and are wanted, also those that still change. */
  get size(): number {
    return this.#seen.size;
  }

  /** Looks at the folder, and gives the files that were the same for long enough. Fails with MLR_SOURCE_FAILED or MLR_SOURCE_DENIED. */
  async look(): Promise<StableFile[]> {
    const { clock, stableMs } = this.#o;
    const names: Buffer[] = [];
    await this.#list(Buffer.alloc(0), names);
    const seen = new Map<string, Seen>();
    for (let start = 0; start < names.length; start += TOGETHER) {
      const found = await Promise.all(names.slice(start, start + TOGETHER).map((raw) => this.#see(raw)));
      for (const each of found) if (each !== undefined) seen.set(each.raw.toString("latin1"), each);
    }
    this.#seen = seen;
    const now = clock.monotonic();
    return [...seen.values()]
      .filter(({ since }) => now - since >= stableMs)
      .map(({ raw, name, size, modified }) => ({
        raw,
        name,
        bytes: size,
        modified,
        modifiedAt: new Date(modified),
      }));
  }

  /** Forgets a file that was taken. */
  taken(raw: Buffer): void {
    this.#seen.delete(raw.toString("latin1"));
  }

  async #list(inside: Buffer, names: Buffer[]): Promise<void> {
    const folder = this.#at(inside);
    if (path.sep === "\\") return this.#listAll(inside, names);
    let directory;
    try {
      directory = await opendir(folder, { encoding: "buffer" as BufferEncoding, bufferSize: 256 });
    } catch (error) {
      if (inside.length > 0) return;
      throw folderFailure(this.#o.folder, error);
    }
    for await (const entry of directory) {
      if (names.length >= MOST) break;
      // With the encoding "buffer" names are bytes, which the types do not say.
      await this.#entry(inside, entry.name as unknown as Buffer, entry, names);
    }
  }

  /** Windows has no names that are no text. */
  async #listAll(inside: Buffer, names: Buffer[]): Promise<void> {
    const entries = await readdir(this.#at(inside), { withFileTypes: true }).catch((error: unknown) => {
      if (inside.length > 0) return [];
      throw folderFailure(this.#o.folder, error);
    });
    for (const entry of entries) {
      if (names.length >= MOST) return;
      await this.#entry(inside, Buffer.from(entry.name), entry, names);
    }
  }

  async #entry(
    inside: Buffer,
    own: Buffer,
    entry: { isFile(): boolean; isDirectory(): boolean },
    names: Buffer[],
  ): Promise<void> {
    const raw = inside.length === 0 ? own : Buffer.concat([inside, Buffer.from("/"), own]);
    if (own[0] === 0x2e) return;
    if (entry.isDirectory() && this.#o.recursive) await this.#list(raw, names);
    else if (entry.isFile() && this.#wanted(shownName(raw))) names.push(raw);
  }

  #wanted(name: string): boolean {
    const { include, exclude } = this.#o;
    const own = path.posix.basename(name);
    if (UNFINISHED.test(own)) return false;
    const matches = (pattern: string): boolean =>
      path.posix.matchesGlob(pattern.includes("/") ? name : own, pattern);
    return include.some(matches) && !exclude.some(matches);
  }

  async #see(raw: Buffer): Promise<Seen | undefined> {
    try {
      const { size, mtimeMs } = await lstat(this.#at(raw));
      const known = this.#seen.get(raw.toString("latin1"));
      if (known?.size === size && known.modified === mtimeMs) return known;
      return { raw, name: shownName(raw), size, modified: mtimeMs, since: this.#o.clock.monotonic() };
    } catch {
      // Somebody else has taken it, or its writer took it away.
      return undefined;
    }
  }

  #at(raw: Buffer): Buffer {
    return raw.length === 0
      ? Buffer.from(this.#o.folder)
      : Buffer.concat([Buffer.from(`${this.#o.folder}/`), raw]);
  }
}
