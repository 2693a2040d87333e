import { stat } from "node:fs/promises";
import { MillraceError } from "@millrace/core";
import type { Dispatcher } from "undici";
import { download } from "./download.ts";
import type { KnownFileOptions } from "./file-options.ts";
import type { FileRecord } from "./files-state.ts";
import type { Location } from "./locate.ts";
import { OpenFile, type DownloadFacts } from "./open-file.ts";
import type { S3Service } from "./s3/s3-service.ts";
import { saveTemporary } from "./temporary-file.ts";
import { type Archives, type Member, ZipArchive } from "./zip-archive.ts";

/**
 * Two changes within the clock step of a file system leave the same time behind, so a file is only trusted by its
 * time when that was this much older than the moment it was looked at.
 */
const SETTLED_MS = 2_000;

type Remote = Location & { readonly kind: "url" | "s3" };

/** What opening files needs. */
export interface OpeningContext {
  readonly options: KnownFileOptions;
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  readonly archives: Archives;
  readonly s3: S3Service;
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

  /** Whether the content is what `record` says: by size and time where that is safe, else by SHA-256; addresses by a conditional request, members of archives by their checksum. */
  async sameAs(record: FileRecord): Promise<boolean> {
    if (this.location.kind === "url" || this.location.kind === "s3")
      return this.#sameAddress(this.location, record);
    if (this.location.kind === "member") return this.location.member.mark === record.etag;
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
    if (this.location.kind === "url" || this.location.kind === "s3") return undefined;
    if (this.location.kind === "member") return this.location.member.size;
    return (await stat(this.location.path).catch(() => undefined))?.size;
  }

  /** Opens the file, or gives what is open already. */
  async open(): Promise<OpenFile> {
    if (this.#opened !== undefined) return this.#opened;
    const { location } = this;
    if (location.kind === "local") return (this.#opened = await OpenFile.local(location));
    if (location.kind === "member") return (this.#opened = await this.#unpack(location));
    const file = await this.#fetch(location);
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

  /** Downloads; of an archive the one file in it. */
  async #fetch(location: Remote, known?: DownloadFacts): Promise<OpenFile | "unchanged"> {
    const { s3, ...context } = this.#context;
    const isObject = location.kind === "s3";
    const url = isObject ? s3.address(location.bucket, location.key) : location.url;
    const file = await download(
      { kind: "url", name: location.name, url },
      { ...context, ...(known === undefined ? {} : { known }), ...(isObject ? { s3 } : {}) },
    );
    if (file === "unchanged" || !/\.zip$/i.test(url.pathname)) return file;
    const wanted = isObject ? (location.member ?? "") : decodeURIComponent(url.hash.slice(1));
    try {
      const archive = await ZipArchive.of(location.name, file.handle);
      const member = onlyMember(archive, location.name, wanted);
      const { handle, size, folder } = await saveTemporary(
        archive.unpack(member.name, this.#context.options.maxBytes),
      );
      return OpenFile.downloaded({ name: location.name, handle, size, temporary: folder, facts: file.facts });
    } finally {
      await file.close();
    }
  }

  /** Puts the member aside, so that every format can be read at random. */
  async #unpack({ name, path, member }: Location & { kind: "member" }): Promise<OpenFile> {
    const archive = await this.#context.archives.get(path);
    const pieces = archive.unpack(member.name, this.#context.options.maxBytes);
    const { handle, size, folder: temporary } = await saveTemporary(pieces);
    return OpenFile.downloaded({ name, handle, size, temporary, facts: { etag: member.mark } });
  }

  async #sameAddress(location: Remote, record: FileRecord): Promise<boolean> {
    const known = {
      ...(record.etag === undefined ? {} : { etag: record.etag }),
      ...(record.lastModified === undefined ? {} : { lastModified: record.lastModified }),
    };
    const file = await this.#fetch(location, known);
    if (file === "unchanged") return true;
    this.#opened = file;
    if (file.size !== record.size || (await file.hashAll(this.#context.signal)) !== record.hash) return false;
    await this.close();
    return true;
  }
}

/** The member that the address names behind `#`, or the only one. Fails with MLR_SOURCE_NOT_FOUND. */
function onlyMember({ members }: ZipArchive, name: string, wanted: string): Member {
  const found = wanted === "" ? members : members.filter((member) => member.name === wanted);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = members.slice(0, 10).map((member) => member.name);
  throw new MillraceError(
    "MLR_SOURCE_NOT_FOUND",
    wanted === "" ? `${name} holds ${members.length} files, not one` : `${name} holds no file "${wanted}"`,
    {
      hint:
        names.length === 0
          ? "Check the address."
          : `Name one behind #: ${names.join(", ")}${members.length > names.length ? ", …" : ""}`,
      details: { url: name },
    },
  );
}
