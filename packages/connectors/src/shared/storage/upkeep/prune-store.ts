import type { ObjectStore } from "../object-store.ts";
import type { StoredObject } from "../stored-object.ts";
import { contentsCommitted, contentsInUse, findOrphans, type Orphan } from "./find-orphans.ts";
import { type Due, planRetention } from "./plan-retention.ts";

/** What pruning did, or would do. */
export interface Pruned {
  readonly due: readonly Due<StoredObject>[];
  readonly held: readonly StoredObject[];
  /** Contents and files that nobody needs. In a dry run without those of the objects that go. */
  readonly orphans: readonly Orphan[];
  /** Contents that were compressed, or would be. */
  readonly compressed: number;
  readonly freedBytes: number;
}

/**
 * Removes objects that the retention says, contents that nothing has any more, and compresses those that were not put for long.
 * Objects that are put meanwhile lose nothing: a content is put aside first, and brought back where an object came that has it.
 */
export async function pruneStore(
  store: ObjectStore,
  { dryRun, graceMs }: { readonly dryRun: boolean; readonly graceMs?: number },
): Promise<Pruned> {
  const objects: StoredObject[] = [];
  for await (const object of store.records.list()) objects.push(object);
  const { retention: rules } = store.options;
  const plan = planRetention(objects, { rules, holds: await store.holds.list(), nowMs: store.clock.now() });
  const gone = new Set(plan.due.map(({ object }) => object.id));
  const left = await contentsCommitted(store);
  for (const { id, sha256 } of objects) if (!gone.has(id)) left.add(sha256);
  if (!dryRun) for (const id of gone) await store.records.remove(id);
  const found = await findOrphans(store, dryRun ? undefined : left, graceMs);
  const orphans = dryRun ? found : await removed(store, found);
  const cold = await coldContents(store, left);
  const saved = dryRun ? [] : await compressAll(store, cold);
  return {
    ...plan,
    orphans,
    compressed: dryRun ? cold.length : saved.length,
    freedBytes:
      orphans.reduce((sum, { bytes }) => sum + bytes, 0) + saved.reduce((sum, bytes) => sum + bytes, 0),
  };
}

/** Puts each aside, looks once more which contents objects have, and removes only then. */
async function removed(store: ObjectStore, orphans: readonly Orphan[]): Promise<Orphan[]> {
  const aside: { readonly orphan: Orphan; readonly to: string }[] = [];
  for (const orphan of orphans) {
    const to =
      orphan.sha256 === undefined
        ? orphan.path
        : `trash/${orphan.path.slice(orphan.path.lastIndexOf("/") + 1)}`;
    if (to === orphan.path || (await store.backend.move(orphan.path, to))) aside.push({ orphan, to });
  }
  const used = aside.some(({ orphan }) => orphan.sha256 !== undefined)
    ? await contentsInUse(store)
    : new Set<string>();
  const done: Orphan[] = [];
  for (const { orphan, to } of aside) {
    if (orphan.sha256 !== undefined && used.has(orphan.sha256)) await store.backend.move(to, orphan.path);
    else {
      await store.backend.remove(to);
      done.push(orphan);
    }
  }
  return done;
}

interface Cold {
  readonly sha256: string;
  readonly bytes: number;
}

async function coldContents(store: ObjectStore, used: ReadonlySet<string>): Promise<Cold[]> {
  const { compress } = store.options;
  if (compress === undefined) return [];
  const limit = store.clock.now() - compress.after;
  const cold: Cold[] = [];
  for await (const { sha256, bytes, form, modifiedMs } of store.blobs.list()) {
    if (form === "plain" && modifiedMs < limit && used.has(sha256)) cold.push({ sha256, bytes });
  }
  return cold;
}

/** Gives the bytes that each saved. */
async function compressAll(store: ObjectStore, cold: readonly Cold[]): Promise<number[]> {
  const { compress } = store.options;
  if (compress === undefined) return [];
  const saved: number[] = [];
  for (const { sha256, bytes } of cold) {
    const packed = await store.blobs.compress(sha256, compress.format);
    if (packed !== undefined) saved.push(bytes - packed);
  }
  return saved;
}
