import { type ObjectStore, planRetention } from "@millrace/connectors/storage";
import { type ControlStore, publish, sampleStorage, StoredObjects } from "@millrace/platform";

/** Objects whose records are brought into the control database at a time. */
const BATCH = 500;

/**
 * Brings what the storage holds into the control database, samples its size, and tells whoever follows the events when its quota
 * is nearly used up, and when that is over. Only records that are not known yet are read. Fails as the storage and the database do.
 */
export async function lookAtStorage(
  pool: ControlStore["pool"],
  store: ObjectStore,
  signal?: AbortSignal,
): Promise<void> {
  const known = new StoredObjects(pool, store.location);
  await copyRecords(known, store, signal);
  const objects = await known.all();
  let contents = 0;
  let storedBytes = 0;
  for await (const { bytes } of store.blobs.list()) {
    contents += 1;
    storedBytes += bytes;
  }
  const { retention: rules, quota } = store.options;
  const { due, held } = planRetention(objects, {
    rules,
    holds: await store.holds.list(),
    nowMs: store.clock.now(),
  });
  const alarmed = quota !== undefined && storedBytes >= quota.bytes * quota.alertAt;
  const before = await known.look({
    contents,
    storedBytes,
    quotaBytes: quota?.bytes ?? null,
    dueObjects: due.length,
    dueBytes: due.reduce((sum, { object }) => sum + object.bytes, 0),
    heldObjects: held.length,
    alarmed,
  });
  await sampleStorage(pool, [
    { place: store.location, name: "objects", bytes: storedBytes, rows: objects.length },
  ]);
  if (alarmed === before || quota === undefined) return;
  const share = Math.round((storedBytes / quota.bytes) * 100);
  await publish(pool, {
    type: "source.alarm",
    at: new Date(store.clock.now()).toISOString(),
    data: {
      alarm: `storage ${store.location}`,
      severity: storedBytes >= quota.bytes ? "critical" : "warning",
      message: `${store.location} is filled to ${share} % of its quota of ${quota.bytes} bytes.`,
      over: !alarmed,
    },
  });
}

async function copyRecords(known: StoredObjects, store: ObjectStore, signal?: AbortSignal): Promise<void> {
  const gone = new Set(await known.ids());
  const fresh: string[] = [];
  for (const day of await store.records.days()) {
    for (const id of await store.records.idsOf(day)) if (!gone.delete(id)) fresh.push(id);
  }
  if (gone.size > 0) await known.remove([...gone]);
  for (let at = 0; at < fresh.length; at += BATCH) {
    signal?.throwIfAborted();
    const objects = [];
    for await (const object of store.records.getAll(fresh.slice(at, at + BATCH))) objects.push(object);
    await known.put(objects);
  }
}
