import { type ErrorCode, MillraceError } from "@millrace/core";
import type { ObjectStore } from "../object-store.ts";
import type { StoredObject } from "../stored-object.ts";

/** An object whose content is not what was put. */
export interface Damage {
  readonly object: StoredObject;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What reading a storage came to. */
export interface Verified {
  readonly objects: number;
  readonly contents: number;
  readonly bytes: number;
  readonly damaged: readonly Damage[];
}

/**
 * Reads the content of every object and compares its checksum; each content once. Fails with MLR_STORAGE_UNAVAILABLE where the
 * storage is away: that is no damage.
 */
export async function verifyStore(
  store: ObjectStore,
  { keyPrefix = "", signal }: { readonly keyPrefix?: string; readonly signal?: AbortSignal } = {},
): Promise<Verified> {
  const known = new Map<string, MillraceError | undefined>();
  const damaged: Damage[] = [];
  let objects = 0;
  let bytes = 0;
  for await (const object of store.records.list()) {
    signal?.throwIfAborted();
    if (!object.key.startsWith(keyPrefix)) continue;
    objects += 1;
    if (!known.has(object.sha256)) {
      known.set(object.sha256, await readThrough(store, object));
      bytes += object.bytes;
    }
    const failure = known.get(object.sha256);
    if (failure !== undefined) damaged.push({ object, code: failure.code, message: failure.message });
  }
  return { objects, contents: known.size, bytes, damaged };
}

async function readThrough(store: ObjectStore, object: StoredObject): Promise<MillraceError | undefined> {
  try {
    for await (const _ of await store.open(object));
    return undefined;
  } catch (error) {
    const ofObject =
      error instanceof MillraceError && ["MLR_STORAGE_DAMAGED", "MLR_STORAGE_NOT_FOUND"].includes(error.code);
    if (ofObject) return error;
    throw error;
  }
}
