import type { ObjectStore } from "../shared/storage/object-store.ts";
import type { StoreEnvironment } from "../shared/storage/open-store.ts";
import type { ResolvedStoreOptions } from "../shared/storage/options.ts";

/** A storage that is described, and opened where it is used. */
export interface StoreDefinition {
  readonly options: ResolvedStoreOptions;
  /**
   * Opens it; nothing is asked or made yet. Fails with MLR_ARGUMENT_INVALID where half of the credentials is missing.
   * @param warn told what people should know, such as that the quota is nearly used up
   */
  open(environment: StoreEnvironment, warn?: (message: string) => void): ObjectStore;
}
