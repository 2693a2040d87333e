import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { link, lstat, mkdir, open, readdir, rename, rm, utimes } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import type { PlaceEntry, StorageBackend } from "./backend.ts";
import { errno, folderFailure } from "./folder-failure.ts";

/** A folder of this machine, or of a share that it has. Files become visible by their rename, and last from then on. */
export class FolderBackend implements StorageBackend {
  readonly location: string;

  /** @param root absolute */
  constructor(root: string) {
    this.location = root;
  }

  async spoolFolder(): Promise<string> {
    const folder = this.#at("spool");
    await this.#try(`making ${folder}`, () => makeFolder(folder));
    return folder;
  }

  async write(name: string, content: string, { exclusive = false } = {}): Promise<boolean> {
    const file = path.join(await this.spoolFolder(), randomBytes(9).toString("hex"));
    const target = this.#at(name);
    return this.#try(`writing ${target}`, async () => {
      try {
        const handle = await open(file, "wx");
        try {
          await handle.writeFile(content);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await makeFolder(path.dirname(target));
        if (exclusive && !(await linked(file, target))) return false;
        if (!exclusive) await rename(file, target);
        await syncFolder(path.dirname(target));
        return true;
      } finally {
        await rm(file, { force: true });
      }
    });
  }

  async take(name: string, file: string): Promise<void> {
    const target = this.#at(name);
    await this.#try(`writing ${target}`, async () => {
      await makeFolder(path.dirname(target));
      await rename(file, target);
      await syncFolder(path.dirname(target));
    });
  }

  async read(name: string): Promise<Readable | undefined> {
    const file = this.#at(name);
    return this.#try(`reading ${file}`, async () => {
      const handle = await open(file, constants.O_RDONLY).catch(unlessMissing);
      return handle?.createReadStream();
    });
  }

  async stat(name: string): Promise<PlaceEntry | undefined> {
    const file = this.#at(name);
    return this.#try(`looking at ${file}`, async () => {
      const facts = await lstat(file).catch(unlessMissing);
      if (facts === undefined || !facts.isFile()) return undefined;
      return { path: name, bytes: facts.size, modifiedMs: facts.mtimeMs };
    });
  }

  async *list(prefix: string): AsyncIterable<PlaceEntry> {
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    for (const name of await this.#names(folder)) {
      const each = folder + name;
      const facts = await lstat(this.#at(each)).catch(unlessMissing);
      if (facts?.isDirectory() === true && (prefix.startsWith(`${each}/`) || each.startsWith(prefix)))
        yield* this.list(`${each}/`);
      else if (facts?.isFile() === true && each.startsWith(prefix))
        yield { path: each, bytes: facts.size, modifiedMs: facts.mtimeMs };
    }
  }

  async folders(name: string): Promise<string[]> {
    return this.#names(`${name}/`);
  }

  async touch(name: string): Promise<boolean> {
    const file = this.#at(name);
    return this.#try(`touching ${file}`, async () => {
      const now = new Date();
      try {
        await utimes(file, now, now);
        return true;
      } catch (error) {
        if (errno(error) === "ENOENT") return false;
        throw error;
      }
    });
  }

  async move(from: string, to: string): Promise<boolean> {
    const target = this.#at(to);
    return this.#try(`moving ${this.#at(from)}`, async () => {
      await makeFolder(path.dirname(target));
      try {
        await rename(this.#at(from), target);
      } catch (error) {
        if (errno(error) === "ENOENT") return false;
        throw error;
      }
      await syncFolder(path.dirname(target));
      return true;
    });
  }

  async remove(name: string): Promise<void> {
    const file = this.#at(name);
    await this.#try(`removing ${file}`, () => rm(file, { force: true }));
  }

  async close(): Promise<void> {}

  #at(name: string): string {
    return path.join(this.location, ...name.split("/"));
  }

  /** In the order of their bytes; none where there is no such folder. */
  async #names(folder: string): Promise<string[]> {
    const at = this.#at(folder);
    const names = await this.#try(`listing ${at}`, () => readdir(at).catch(unlessMissing));
    return (names ?? []).toSorted();
  }

  async #try<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw folderFailure(error, what);
    }
  }
}

function unlessMissing(error: unknown): undefined {
  if (["ENOENT", "ENOTDIR"].includes(errno(error) ?? "")) return undefined;
  throw error;
}

/** A second name of the file, which is only given where nothing has it yet. */
async function linked(file: string, target: string): Promise<boolean> {
  try {
    await link(file, target);
    return true;
  } catch (error) {
    if (errno(error) === "EEXIST") return false;
    throw error;
  }
}

async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let each = folder; each.length >= first.length; each = path.dirname(each))
    await syncFolder(path.dirname(each));
}

/** Makes what was renamed in a folder survive a power loss. Windows has no such thing for folders, and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EISDIR"].includes(errno(error) ?? "")) throw error;
  } finally {
    await handle.close();
  }
}
