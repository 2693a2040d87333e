import { copyFile, link, lstat, mkdir, open, rename, unlink } from "node:fs/promises";
import { besideName, uniqueName } from "./file-name.ts";
import { folderFailure } from "./folders.ts";

/** Where a file is to be put. */
export interface PutAway {
  /** Where it is, as bytes. */
  readonly from: Buffer;
  /** Absolute. */
  readonly folder: string;
  /** Bytes of its own name, perhaps with folders. */
  readonly raw: Buffer;
  /** Of the document: told from others of the same name by it. */
  readonly id: string;
}

/**
 * Moves a file to a folder under its own name, or where that is taken under one with its id; never over another file. Was it
 * moved before, that is found out. Returns the bytes of the name. Fails with MLR_SOURCE_FAILED or MLR_SOURCE_DENIED.
 */
export async function putAway({ from, folder, raw, id }: PutAway): Promise<Buffer> {
  try {
    const inside = folderOf(raw);
    if (inside.length > 0)
      await mkdir(Buffer.concat([Buffer.from(`${folder}/`), inside]), { recursive: true });
    const place = (name: Buffer): Buffer => Buffer.concat([Buffer.from(`${folder}/`), name]);
    const other = Buffer.concat([folderPrefix(raw), uniqueName(raw, id)]);
    if ((await inodeOf(from)) === undefined) {
      // It was moved, and the process died before that was noted.
      for (const name of [other, raw]) if ((await inodeOf(place(name))) !== undefined) return name;
    }
    if (await linkNew(from, place(raw))) return raw;
    await move(from, place(other));
    return other;
  } catch (error) {
    throw folderFailure(folder, error);
  }
}

/** Writes a small file beside another, all of it or nothing. */
export async function putBeside(
  folder: string,
  file: Uint8Array,
  ending: string,
  text: string,
): Promise<void> {
  const name = Buffer.concat([
    Buffer.from(`${folder}/`),
    folderPrefix(file),
    besideName(lastPart(file), ending),
  ]);
  const unfinished = Buffer.concat([
    name.subarray(0, name.length - Math.min(5, ending.length)),
    Buffer.from(".part"),
  ]);
  const handle = await open(unfinished, "w");
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, name);
}

/** True: it is at its new place alone. False: something else is there, or the file system has no links. */
async function linkNew(from: Buffer, to: Buffer): Promise<boolean> {
  try {
    // Unlike a rename, a link never replaces what is there.
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw error;
    // Linked before, and the process died between the two steps.
    const there = await inodeOf(to);
    if (there === undefined || there !== (await inodeOf(from))) return false;
  }
  await unlink(from);
  return true;
}

/** What tells a file from all others; undefined: it is not there. */
async function inodeOf(file: Buffer): Promise<string | undefined> {
  try {
    const { dev, ino } = await lstat(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** To a name that nobody else uses. */
async function move(from: Buffer, to: Buffer): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    const unfinished = Buffer.concat([to, Buffer.from(".part")]);
    await copyFile(from, unfinished);
    await rename(unfinished, to);
    await unlink(from);
  }
}

function folderOf(raw: Buffer): Buffer {
  const slash = raw.lastIndexOf(0x2f);
  return slash < 0 ? Buffer.alloc(0) : raw.subarray(0, slash);
}

function folderPrefix(file: Uint8Array): Buffer {
  const inside = folderOf(Buffer.from(file));
  return inside.length === 0 ? inside : Buffer.concat([inside, Buffer.from("/")]);
}

function lastPart(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file);
  return bytes.subarray(bytes.lastIndexOf(0x2f) + 1);
}
