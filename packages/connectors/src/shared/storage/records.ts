import { text } from "node:stream/consumers";
import type { StorageBackend } from "./backend/backend.ts";
import { dayOf, isObjectId, keyPath, parseRecord, recordPath, type StoredObject } from "./stored-object.ts";

/** Records that are read at a time. */
const PARALLEL = 16;

/** The file that tells which object of a key is the newest. */
interface Pointer {
  readonly id: string;
  /** The one before: the newest may not have become visible. */
  readonly before?: string;
}

/** The records of a storage: an object is what has one. */
export class Records {
  readonly #backend: StorageBackend;

  constructor(backend: StorageBackend) {
    this.#backend = backend;
  }

  /** The object of an id; undefined where there is none. */
  async get(id: string): Promise<StoredObject | undefined> {
    if (!isObjectId(id)) return undefined;
    const content = await this.#backend.read(recordPath(id));
    return content === undefined ? undefined : parseRecord(await text(content), recordPath(id));
  }

  async write(object: StoredObject): Promise<void> {
    await this.#backend.write(recordPath(object.id), `${JSON.stringify(object)}\n`);
  }

  /** Says that an object becomes visible now whose time is past. */
  async writeLate({ id }: StoredObject, nowMs: number): Promise<void> {
    await this.#backend.write(`late/${new Date(nowMs).toISOString().slice(0, 10)}/${id}.json`, "{}\n");
  }

  async remove(id: string): Promise<void> {
    await this.#backend.remove(recordPath(id));
  }

  /** The newest object of a key. */
  async newest(key: string): Promise<StoredObject | undefined> {
    const pointer = await this.#pointer(key);
    if (pointer === undefined) return undefined;
    const newest = await this.get(pointer.id);
    const found = newest ?? (pointer.before === undefined ? undefined : await this.get(pointer.before));
    return found?.key === key ? found : undefined;
  }

  /** Says that an object is about to be the newest of its key. */
  async point({ id, key }: StoredObject): Promise<void> {
    const before = (await this.newest(key))?.id;
    const pointer: Pointer = { id, ...(before === undefined ? {} : { before }) };
    await this.#backend.write(keyPath(key), `${JSON.stringify(pointer)}\n`);
  }

  /** Days on which objects became visible, oldest first. */
  async days(): Promise<string[]> {
    return (await this.#backend.folders("records")).filter((day) => /^\d{4}-\d\d-\d\d$/.test(day));
  }

  /** Ids of the objects of a day, oldest first. */
  async idsOf(day: string): Promise<string[]> {
    return (await this.#idsIn(`records/${day}/`)).filter((id) => dayOf(id) === day);
  }

  /** Days on which objects of earlier days became visible, oldest first. */
  async lateDays(): Promise<string[]> {
    return (await this.#backend.folders("late")).filter((day) => /^\d{4}-\d\d-\d\d$/.test(day));
  }

  /** Ids of objects of earlier days that became visible on this day. */
  async lateIdsOf(day: string): Promise<string[]> {
    return this.#idsIn(`late/${day}/`);
  }

  /** All objects, oldest first, or newest first. What is removed meanwhile is left out. */
  async *list({
    newestFirst = false,
  }: { readonly newestFirst?: boolean } = {}): AsyncGenerator<StoredObject> {
    const days = await this.days();
    for (const day of newestFirst ? days.toReversed() : days) {
      const ids = await this.idsOf(day);
      yield* this.getAll(newestFirst ? ids.toReversed() : ids);
    }
  }

  /** The objects of these ids, in this order. What is gone is left out. */
  async *getAll(ids: readonly string[]): AsyncGenerator<StoredObject> {
    for (let at = 0; at < ids.length; at += PARALLEL) {
      const objects = await Promise.all(ids.slice(at, at + PARALLEL).map((id) => this.get(id)));
      for (const object of objects) if (object !== undefined) yield object;
    }
  }

  async #idsIn(folder: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const { path } of this.#backend.list(folder)) {
      const id = path.slice(path.lastIndexOf("/") + 1, -".json".length);
      if (isObjectId(id)) ids.push(id);
    }
    return ids;
  }

  async #pointer(key: string): Promise<Pointer | undefined> {
    const content = await this.#backend.read(keyPath(key));
    if (content === undefined) return undefined;
    try {
      const pointer = JSON.parse(await text(content)) as Partial<Pointer> | null;
      return typeof pointer?.id === "string" ? (pointer as Pointer) : undefined;
    } catch {
      // A pointer only saves looking for the object.
      return undefined;
    }
  }
}
