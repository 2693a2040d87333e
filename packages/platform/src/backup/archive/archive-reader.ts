import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { backupDamaged, backupFailure } from "../backup-failure.ts";
import {
  type ArchivePart,
  BACKUP_FORMAT,
  HEAD_ENTRY,
  type Manifest,
  MANIFEST_ENTRY,
  manifestShape,
  SEAL_ENTRY,
} from "../manifest.ts";
import { paddingOf, readTarHeader, TAR_BLOCK } from "./tar-header.ts";

const expand = promisify(gunzip);
/** No entry is longer, but for the manifest: what claims to be is damaged and would fill the memory. */
const LONGEST_PART = 64 * 1024 * 1024;
const LONGEST_MANIFEST = 512 * 1024 * 1024;

interface Place extends ArchivePart {
  readonly offset: number;
}

/** A backup that was found whole. Entries are checked again when they are read. */
export class ArchiveReader {
  readonly manifest: Manifest;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #places: ReadonlyMap<string, Place>;

  private constructor(path: string, handle: FileHandle, manifest: Manifest, places: readonly Place[]) {
    this.#path = path;
    this.#handle = handle;
    this.manifest = manifest;
    this.#places = new Map(places.map((place) => [place.name, place]));
  }

  /** Reads the file once and compares every part with the manifest. Fails with MLR_BACKUP_DAMAGED or MLR_BACKUP_FAILED. */
  static async open(path: string): Promise<ArchiveReader> {
    const handle = await open(path, "r").catch((error: unknown) => {
      throw backupFailure(`${path} cannot be read`, error);
    });
    try {
      const places = await scan(path, handle);
      const manifest = await readManifest(path, handle, places);
      compare(path, manifest.parts, places);
      return new ArchiveReader(path, handle, manifest, places);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The content of an entry, expanded. */
  async read(name: string): Promise<Buffer> {
    const place = this.#places.get(name);
    if (place === undefined) throw backupDamaged(this.#path, `${name} is not in it`);
    const content = await readAt(this.#handle, place.offset, place.bytes);
    if (sha256(content) !== place.sha256) throw backupDamaged(this.#path, `${name} has changed meanwhile`);
    return name.endsWith(".gz") ? expand(content, { maxOutputLength: LONGEST_PART }) : content;
  }

  /** The entries of a folder, in order. */
  async *folder(name: string): AsyncGenerator<Buffer> {
    for (const entry of this.#places.keys()) if (entry.startsWith(`${name}/`)) yield this.read(entry);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function scan(path: string, handle: FileHandle): Promise<Place[]> {
  const places: Place[] = [];
  const { size } = await handle.stat();
  for (let offset = 0; ;) {
    if (offset + TAR_BLOCK > size) throw backupDamaged(path, "it ends too early");
    const entry = readTarHeader(await readAt(handle, offset, TAR_BLOCK));
    if (entry === "end") return places;
    if (entry === undefined) throw backupDamaged(path, `there is no entry at byte ${offset}`);
    const { name, bytes } = entry;
    if (places.length === 0 && name !== HEAD_ENTRY) throw backupDamaged(path, "it does not begin as one");
    if (bytes > (name === MANIFEST_ENTRY ? LONGEST_MANIFEST : LONGEST_PART)) {
      throw backupDamaged(path, `${name} is too long`);
    }
    offset += TAR_BLOCK;
    if (offset + bytes > size) throw backupDamaged(path, "it ends too early");
    const content = await readAt(handle, offset, bytes);
    if (places.length === 0) checkHead(path, content);
    places.push({ name, bytes, sha256: sha256(content), offset });
    const padding = await readAt(handle, offset + bytes, paddingOf(bytes));
    if (padding.some((byte) => byte !== 0)) throw backupDamaged(path, `something follows ${name}`);
    offset += bytes + padding.length;
  }
}

function checkHead(path: string, content: Buffer): void {
  const head = jsonOf(path, HEAD_ENTRY, content) as { format?: unknown } | null;
  if (head?.format === BACKUP_FORMAT) return;
  throw backupDamaged(
    path,
    `its format is ${String(head?.format)}, and this version of Millrace reads ${BACKUP_FORMAT}`,
  );
}

async function readManifest(path: string, handle: FileHandle, places: readonly Place[]): Promise<Manifest> {
  const [found, seal] = places.slice(-2);
  if (found?.name !== MANIFEST_ENTRY || seal?.name !== SEAL_ENTRY) {
    throw backupDamaged(path, "its manifest is missing");
  }
  const sum = (await readAt(handle, seal.offset, seal.bytes)).toString("latin1").trim();
  if (sum !== found.sha256) throw backupDamaged(path, "its manifest is not what was written");
  const parsed = manifestShape.safeParse(
    jsonOf(path, MANIFEST_ENTRY, await readAt(handle, found.offset, found.bytes)),
  );
  if (parsed.success) return parsed.data;
  throw backupDamaged(path, `its manifest is not one: ${parsed.error.issues[0]?.message ?? "unknown"}`);
}

function compare(path: string, told: readonly ArchivePart[], found: readonly Place[]): void {
  const parts = found.slice(0, -2);
  if (parts.length !== told.length) {
    throw backupDamaged(path, `it has ${parts.length} parts, and its manifest tells of ${told.length}`);
  }
  for (const [index, { name, bytes, sha256: sum }] of told.entries()) {
    const part = parts[index];
    if (part?.name !== name || part.bytes !== bytes || part.sha256 !== sum) {
      throw backupDamaged(path, `${name} is not what was written`);
    }
  }
}

function jsonOf(path: string, name: string, content: Buffer): unknown {
  try {
    return JSON.parse(content.toString("utf8"));
  } catch {
    throw backupDamaged(path, `${name} is no JSON`);
  }
}

async function readAt(handle: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const content = Buffer.allocUnsafe(bytes);
  for (let done = 0; done < bytes;) {
    const { bytesRead } = await handle.read(content, done, bytes - done, offset + done);
    if (bytesRead === 0) throw new Error("the file became shorter");
    done += bytesRead;
  }
  return content;
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
