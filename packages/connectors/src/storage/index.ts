import { parseOptions } from "@millrace/core";
import { type ResolvedStoreOptions, storeOptions, type StoreOptions } from "../shared/storage/options.ts";
import type { ObjectStore } from "../shared/storage/object-store.ts";
import { openStore, type StoreEnvironment } from "../shared/storage/open-store.ts";

export type { StoreOptions } from "../shared/storage/options.ts";
export type { ObjectStore, PutResult } from "../shared/storage/object-store.ts";
export type { StoredObject, ObjectFacts } from "../shared/storage/stored-object.ts";
export { findOrphans, type Orphan } from "../shared/storage/upkeep/find-orphans.ts";
export { measure, type StorageUse } from "../shared/storage/upkeep/measure.ts";
export { pruneStore, type Pruned } from "../shared/storage/upkeep/prune-store.ts";
export { verifyStore, type Verified } from "../shared/storage/upkeep/verify-store.ts";
export { heldBy, type Hold } from "../shared/storage/holds.ts";

/** A storage that is described, and opened where it is used. */
export interface StoreDefinition {
  readonly options: ResolvedStoreOptions;
  /** Opens it; nothing is asked or made yet. Fails with MLR_ARGUMENT_INVALID where half of the credentials is missing. */
  open(environment: StoreEnvironment): ObjectStore;
}

/**
 * Describes the storage of a project: where downloads, raw responses, documents, screenshots and exports are kept, and for how
 * long. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example objectStore({ at: "data/objects", retention: [{ kind: "response", olderThan: "90 days" }] })
 */
export function objectStore(options: StoreOptions = {}): StoreDefinition {
  const resolved = parseOptions(storeOptions, options, "objectStore()");
  return { options: resolved, open: (environment) => openStore(resolved, environment) };
}
