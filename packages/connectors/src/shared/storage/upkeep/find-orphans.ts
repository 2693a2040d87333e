import { text } from "node:stream/consumers";
import type { ObjectStore } from "../object-store.ts";

/** What was put so short a time ago may be on its way to becoming an object. */
const ORPHAN_GRACE_MS = 24 * 3_600_000;

/** A file of a storage that belongs to no object. */
export interface Orphan {
  readonly path: string;
  readonly bytes: number;
  /** ISO 8601. */
  readonly modifiedAt: string;
  /** Of a content, otherwise absent. */
  readonly sha256?: string;
}

/**
 * Contents without an object and files that were left on their way, as a process leaves them that is killed. What is younger than
 * a day is not told of: it may be on its way.
 */
export async function findOrphans(
  store: ObjectStore,
  used?: ReadonlySet<string>,
  graceMs: number = ORPHAN_GRACE_MS,
): Promise<Orphan[]> {
  const limit = store.clock.now() - graceMs;
  const wanted = used ?? (await contentsInUse(store));
  const orphans: Orphan[] = [];
  for await (const { path, bytes, modifiedMs, sha256 } of store.blobs.list()) {
    if (wanted.has(sha256) || modifiedMs > limit) continue;
    orphans.push({ path, bytes, modifiedAt: new Date(modifiedMs).toISOString(), sha256 });
  }
  for (const folder of ["spool/", "trash/"]) {
    for await (const { path, bytes, modifiedMs } of store.backend.list(folder)) {
      if (modifiedMs <= limit) orphans.push({ path, bytes, modifiedAt: new Date(modifiedMs).toISOString() });
    }
  }
  return orphans;
}

/** Hashes of the contents that objects have, or get when what a pipeline has committed is made visible. */
export async function contentsInUse(store: ObjectStore): Promise<Set<string>> {
  const used = await contentsCommitted(store);
  for await (const { sha256 } of store.records.list()) used.add(sha256);
  return used;
}

/** Hashes of the contents of objects that were committed, and may not be visible yet. */
export async function contentsCommitted(store: ObjectStore): Promise<Set<string>> {
  const used = new Set<string>();
  for await (const { path } of store.backend.list("state/")) {
    const content = /\/commit-\d+\.json$/.test(path) ? await store.backend.read(path) : undefined;
    if (content === undefined) continue;
    const { pending = [] } = JSON.parse(await text(content)) as {
      readonly pending?: readonly { readonly sha256: string }[];
    };
    for (const { sha256 } of pending) used.add(sha256);
  }
  return used;
}
