import type { LoadTarget } from "../stage/load-target.ts";

/** A table with a history. */
export interface MergeTarget extends LoadTarget {
  /** The history holds removals: an inserted key may be a restored one. */
  readonly hasRemovals: boolean;
  /** Names of the columns that the table has now. */
  readonly presentColumns: ReadonlySet<string>;
  /** The next commit changes hashes of rows that stay the same. */
  readonly rehashPending: boolean;
  /** The history holds removals from now on. */
  markRemovals(): Promise<void>;
  /** Hashes of rows that came already changed with the columns' types: epochs under way cannot be compared. */
  rehashed(): void;
}
