import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { MillraceError } from "@millrace/core";
import { takeLockFile } from "../embedded/start-lock.ts";
import { type PrivateFile, readPrivateFile } from "../settings/file-access.ts";
import { fileText, parseFile, type SecretFile } from "./file-format.ts";
import type { SecretChange, SecretReading, SecretStorage } from "./secret-storage.ts";

/** Longest wait for another process that changes the file. A change takes milliseconds. */
const WAIT_MS = 20_000;
const PAUSE_MS = 20;

/**
 * Keeps secrets in a file that its owner alone can read. Each change writes a new one in its place, so that readers and a
 * power cut find the old or the new one. Fails with MLR_FILE_EXPOSED, MLR_SECRET_DAMAGED or MLR_SECRET_UNAVAILABLE.
 */
export function fileStorage(file: PrivateFile): SecretStorage {
  const read = async (): Promise<SecretFile> => parseFile(await readPrivateFile(file), file.path);
  return {
    location: file.path,
    keys: async () => (await read()).keys,
    secret: async (name) => (await read()).secrets.find((each) => each.name === name),
    secrets: async () => sorted(await read()),
    change: (work) =>
      underLock(file.path, async () => {
        const content = new ChangingFile(await read());
        const result = await work(content);
        if (content.changed) await write(file.path, fileText(content.state()));
        return result;
      }),
  };
}

/** The content of the file while it is changed. */
class ChangingFile implements SecretChange {
  readonly #keys: Map<string, SecretFile["keys"][number]>;
  readonly #secrets: Map<string, SecretFile["secrets"][number]>;
  changed = false;

  constructor({ keys, secrets }: SecretFile) {
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#secrets = new Map(secrets.map((secret) => [secret.name, secret]));
  }

  state(): SecretFile {
    return { keys: [...this.#keys.values()], secrets: [...this.#secrets.values()] };
  }

  keys: SecretReading["keys"] = async () => this.state().keys;
  secret: SecretReading["secret"] = async (name) => this.#secrets.get(name);
  secrets: SecretReading["secrets"] = async () => sorted(this.state());
  notUnder: SecretChange["notUnder"] = async (keyId, limit) =>
    sorted(this.state())
      .filter((secret) => secret.keyId !== keyId)
      .slice(0, limit);

  putKey: SecretChange["putKey"] = async (key) => {
    this.changed = true;
    this.#keys.set(key.id, key);
  };

  removeUnusedKeys: SecretChange["removeUnusedKeys"] = async () => {
    const used = new Set([...this.#secrets.values()].map(({ keyId }) => keyId));
    for (const { id, current } of this.#keys.values()) {
      if (!current && !used.has(id)) this.changed = this.#keys.delete(id) || this.changed;
    }
  };

  putSecret: SecretChange["putSecret"] = async (secret) => {
    this.changed = true;
    this.#secrets.set(secret.name, secret);
  };

  removeSecret: SecretChange["removeSecret"] = async (name) => {
    const removed = this.#secrets.delete(name);
    this.changed ||= removed;
    return removed;
  };
}

function sorted({ secrets }: SecretFile): SecretFile["secrets"] {
  return secrets.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function underLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  await mkdir(dirname(path), { recursive: true });
  const giveUp = performance.now() + WAIT_MS;
  const token = `${process.pid} ${randomUUID()}\n`;
  while (!(await takeLockFile(lock, token))) {
    if (performance.now() > giveUp) {
      throw new MillraceError("MLR_SECRET_UNAVAILABLE", `Another process does not finish changing ${path}`, {
        hint: `End that process, or delete ${lock} where it is a leftover.`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  try {
    return await work();
  } finally {
    if ((await readFile(lock, "utf8").catch(() => "")) === token) await rm(lock, { force: true });
  }
}

async function write(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    const handle = await open(aside, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw new MillraceError("MLR_SECRET_UNAVAILABLE", `${path} cannot be written: ${String(error)}`, {
      hint: "Check that this user may write there and that the disk has space; what was there stays.",
      cause: error,
    });
  }
}
