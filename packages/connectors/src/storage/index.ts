import { parseOptions, type Source, type Target } from "@millrace/core";
import { openStore } from "../shared/storage/open-store.ts";
import { storeOptions, type StoreOptions } from "../shared/storage/options.ts";
import { objectsTarget } from "./destination/objects-target.ts";
import { objectsOptions, type ObjectsOptions, storedOptions, type StoredOptions } from "./options.ts";
import type { StoreDefinition } from "./store-definition.ts";

export type { StoreOptions } from "../shared/storage/options.ts";
export type { ObjectStore, PutResult } from "../shared/storage/object-store.ts";
export type { ObjectFacts, StoredObject } from "../shared/storage/stored-object.ts";
export type { Content } from "../shared/storage/spool.ts";
export {
  downloadAll,
  type DownloadAllOptions,
  type DownloadOutcome,
  type DownloadTask,
} from "../shared/storage/download-all.ts";
export { findOrphans, type Orphan } from "../shared/storage/upkeep/find-orphans.ts";
export { measure, type KindUse, type StorageUse } from "../shared/storage/upkeep/measure.ts";
export { planRetention, type Due, type RetentionPlan } from "../shared/storage/upkeep/plan-retention.ts";
export { pruneStore, type Pruned } from "../shared/storage/upkeep/prune-store.ts";
export { verifyStore, type Verified } from "../shared/storage/upkeep/verify-store.ts";
export { heldBy, type Hold } from "../shared/storage/holds.ts";
export type { ObjectsOptions, OpenedObject, StoredOptions } from "./options.ts";
export type { StoreDefinition } from "./store-definition.ts";

/**
 * Describes the storage of a project: where downloads, raw responses, documents, screenshots and exports are kept, and for how
 * long. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example objectStore({ at: "data/objects", retention: [{ kind: "response", olderThan: "90 days" }] })
 */
export function objectStore(options: StoreOptions = {}): StoreDefinition {
  const resolved = parseOptions(storeOptions, options, "objectStore()");
  return {
    options: resolved,
    open: (environment, warn) => openStore(resolved, environment, warn === undefined ? {} : { warn }),
  };
}

/**
 * Puts each row into a storage as an object: a column's text or bytes, or the row as JSON. An object that its key has already is
 * not put again. Objects become visible with their commit, also when a process is killed in the middle of it. Fails with
 * MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example objects({ store, key: "responses/{date}/{id}.json", content: "body", kind: "response" })
 */
export function objects(options: ObjectsOptions): Target {
  return objectsTarget(parseOptions(objectsOptions, options, "objects()"));
}

/**
 * Objects of a storage as rows, each new object once: those that became visible since the run before. Fails with
 * MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example stored({ store, prefix: "responses/", rows: async (object) => (await object.json()).items })
 */
export function stored(options: StoredOptions): Source {
  const resolved = parseOptions(storedOptions, options, "stored()");
  return {
    kind: "stored",
    async *read(context) {
      const { readStored } = await import("./source/read-stored.ts");
      const store = resolved.store.open(context);
      try {
        yield* readStored(resolved, store, context);
      } finally {
        await store.close();
      }
    },
  };
}
