import { access, mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { errno } from "./io-error.ts";

/** Windows refuses to touch files that another program has open for a moment, such as a virus scanner. */
const BUSY = new Set(["EPERM", "EACCES", "EBUSY"]);
const BUSY_TRIES = 8;
const BUSY_WAIT_MS = 25;

/** Makes what was renamed, made or removed in a folder survive a power loss. Windows has no such thing for folders, and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot.
    if (!["EINVAL", "ENOTSUP", "EISDIR"].includes(errno(error) ?? "")) throw error;
  } finally {
    await handle.close();
  }
}

/** Writes a file that did not exist, and makes its content durable. */
export async function writeDurably(path: string, content: string): Promise<void> {
  await writeFile(path, content, { flag: "wx", flush: true });
}

/** Renames a file, over another one where that is there. False where there is nothing to rename. */
export async function moveFile(from: string, to: string): Promise<boolean> {
  return patiently(async () => {
    try {
      await rename(from, to);
      return true;
    } catch (error) {
      if (errno(error) === "ENOENT") return missing(from, to);
      throw error;
    }
  });
}

/** Whether there is something of this path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/** Removes a file; nothing happens where it is gone already. */
export async function removeFile(path: string): Promise<void> {
  await patiently(() => rm(path, { force: true }));
}

/** Makes a folder with those above it, and tells the folders that came into being durably. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let each = folder; each.length >= first.length; each = dirname(each)) await syncFolder(dirname(each));
}

/** A missing folder to move into is made, and is no reason to take the file for gone. */
async function missing(from: string, to: string): Promise<boolean> {
  await makeFolder(dirname(to));
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errno(error) === "ENOENT") return false;
    throw error;
  }
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const busy = process.platform === "win32" && BUSY.has(errno(error) ?? "");
      if (!busy || tries === BUSY_TRIES) throw error;
      await wait(BUSY_WAIT_MS * 2 ** tries);
    }
  }
}
