import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import type { StorageBackend } from "./backend/backend.ts";
import type { StoredObject } from "./stored-object.ts";

/** Says that objects stay, whatever the retention says. */
export interface Hold {
  /** Of the keys that are held: the whole key of an object, or what keys begin with, such as `invoices/2026/`. */
  readonly prefix: string;
  /** Why, for people. */
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

/** The holds of a storage. */
export class Holds {
  readonly #backend: StorageBackend;

  constructor(backend: StorageBackend) {
    this.#backend = backend;
  }

  /** Holds the objects whose keys begin so, also those that are put later. */
  async add(hold: Hold): Promise<void> {
    await this.#backend.write(holdPath(hold.prefix), `${JSON.stringify(hold)}\n`);
  }

  /** False where nothing is held by this prefix. */
  async release(prefix: string): Promise<boolean> {
    const there = (await this.#backend.stat(holdPath(prefix))) !== undefined;
    if (there) await this.#backend.remove(holdPath(prefix));
    return there;
  }

  async list(): Promise<Hold[]> {
    const holds: Hold[] = [];
    for await (const { path } of this.#backend.list("holds/")) {
      const content = await this.#backend.read(path);
      if (content !== undefined) holds.push(JSON.parse(await text(content)) as Hold);
    }
    return holds;
  }
}

/** The hold that keeps an object; undefined where none does. */
export function heldBy({ key }: Pick<StoredObject, "key">, holds: readonly Hold[]): Hold | undefined {
  return holds.find(({ prefix }) => key.startsWith(prefix));
}

function holdPath(prefix: string): string {
  return `holds/${createHash("sha256").update(prefix).digest("hex").slice(0, 40)}.json`;
}
