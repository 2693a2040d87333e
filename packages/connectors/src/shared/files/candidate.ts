import { stat } from "node:fs/promises";
import { MillraceError } from "@millrace/core";
import type { Dispatcher } from "undici";
import { download } from "./download.ts";
import type { FileOptions } from "./file-options.ts";
import type { FileRecord } from "./files-state.ts";
import type { Location } from "./locate.ts";
import { OpenFile } from "./open-file.ts";

/**
 * Two changes within the clock step of a file system leave the same time behind, so a file is only trusted by its
 * time when that was this much older than the moment it was looked at.
 */
const SETTLED_MS = 2_000;

/** What opening files needs. */
export interface OpeningContext {
  readonly options: FileOptions;
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
}

/** A file that may have to be read: first compared with what is known of it, then opened at most once. */
export class Candidate {
  readonly location: Location;
  readonly #context: OpeningContext;
  #opened: OpenFile | undefined;

  constructor(location: Location, context: OpeningContext) {
    this.location = location;
    this.#context = context;
  }

  get name(): string {
    return this.location.name;
  }

  /** Whether the content is what `record` says: by size and time where that is safe, else by SHA-256; addresses by a conditional request. */
  async sameAs(record: FileRecord): Promise<boolean> {
    if (this.location.kind === "url") return this.#sameAddress(record);
    const facts = await stat(this.location.path).catch(() => undefined);
    if (facts === undefined || facts.size !== record.size) return false;
    if (facts.mtimeMs === record.mtimeMs && facts.mtimeMs + SETTLED_MS < record.checkedAt) return true;
    const file = await this.open();
    const same = (await file.hashAll(this.#context.signal)) === record.hash;
    if (same) await this.close();
    return same;
  }

  /** Bytes, or undefined where only a download would tell. */
  async size(): Promise<number | undefined> {
    if (this.#opened !== undefined) return this.#opened.size;
    if (this.location.kind === "url") return undefined;
    return (await stat(this.location.path).catch(() => undefined))?.size;
  }

  /** Opens the file, or gives what is open already. */
  async open(): Promise<OpenFile> {
    if (this.#opened !== undefined) return this.#opened;
    const { location } = this;
    if (location.kind === "local") return (this.#opened = await OpenFile.local(location));
    const file = await download(location, this.#context);
    if (file === "unchanged") {
      throw new MillraceError("MLR_SOURCE_FAILED", `${location.name} answered with HTTP status 304 unasked`, {
        hint: "The server or a cache in between is at fault.",
      });
    }
    return (this.#opened = file);
  }

  async close(): Promise<void> {
    const file = this.#opened;
    this.#opened = undefined;
    await file?.close();
  }

  async #sameAddress(record: FileRecord): Promise<boolean> {
    if (this.location.kind !== "url") return false;
    const known = {
      ...(record.etag === undefined ? {} : { etag: record.etag }),
      ...(record.lastModified === undefined ? {} : { lastModified: record.lastModified }),
    };
    const file = await download(this.location, { ...this.#context, known });
    if (file === "unchanged") return true;
    this.#opened = file;
    if (file.size !== record.size || (await file.hashAll(this.#context.signal)) !== record.hash) return false;
    await this.close();
    return true;
  }
}
