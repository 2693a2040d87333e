import type { ObjectStore } from "../object-store.ts";

/** How much there is of a kind. */
export interface KindUse {
  readonly kind: string;
  readonly objects: number;
  /** Of the contents, each counted for every object that has it. */
  readonly bytes: number;
}

/** How much a storage holds. */
export interface StorageUse {
  readonly location: string;
  readonly objects: number;
  /** Contents that are kept; objects of the same content share one. */
  readonly contents: number;
  /** Of the objects, as if each had a content of its own. */
  readonly bytes: number;
  /** What the contents take, compressed ones as they are. */
  readonly storedBytes: number;
  readonly compressed: number;
  /** Largest first. */
  readonly kinds: readonly KindUse[];
  readonly quotaBytes: number | null;
}

/** Adds up what a storage holds. */
export async function measure(store: ObjectStore): Promise<StorageUse> {
  const kinds = new Map<string, { objects: number; bytes: number }>();
  let objects = 0;
  let bytes = 0;
  for await (const object of store.records.list()) {
    const kind = kinds.get(object.kind) ?? { objects: 0, bytes: 0 };
    kind.objects += 1;
    kind.bytes += object.bytes;
    kinds.set(object.kind, kind);
    objects += 1;
    bytes += object.bytes;
  }
  let contents = 0;
  let storedBytes = 0;
  let compressed = 0;
  for await (const blob of store.blobs.list()) {
    contents += 1;
    storedBytes += blob.bytes;
    if (blob.form !== "plain") compressed += 1;
  }
  const largest = [...kinds].map(([kind, use]) => ({ kind, ...use })).toSorted((a, b) => b.bytes - a.bytes);
  const quotaBytes = store.options.quota?.bytes ?? null;
  return {
    location: store.location,
    objects,
    contents,
    bytes,
    storedBytes,
    compressed,
    kinds: largest,
    quotaBytes,
  };
}
