import { asMillraceError, MillraceError } from "@millrace/core";
import { allSettled } from "../../shared/storage/all-settled.ts";
import type { ObjectStore } from "../../shared/storage/object-store.ts";
import type { CommitLog, StoredCommit } from "./commit-log.ts";

/** Objects that are made visible at a time. */
const PARALLEL = 8;

/**
 * Makes the objects of a commit visible; those that are already become the same once more. Fails with MLR_COMMIT_UNKNOWN: the
 * commit has happened, and opening the storage again goes on with this.
 */
export async function publishAll(
  store: ObjectStore,
  log: CommitLog,
  { id, pending, atMs }: StoredCommit,
): Promise<void> {
  try {
    // Objects of one key come in their order, so that the last is the newest.
    const byKey = Map.groupBy(pending, ({ key }) => key);
    const chains = [...byKey.values()];
    for (let at = 0; at < chains.length; at += PARALLEL) {
      await allSettled(
        chains.slice(at, at + PARALLEL).map(async (objects) => {
          for (const object of objects) await store.publish(object, atMs);
        }),
      );
    }
    await log.setPublished(id);
  } catch (cause) {
    const why = asMillraceError(cause, "MLR_STORAGE_UNAVAILABLE").message;
    throw new MillraceError(
      "MLR_COMMIT_UNKNOWN",
      `commit ${id} has happened, but not all of its objects are visible in ${store.location}: ${why}`,
      { hint: "The next run makes them visible.", cause },
    );
  }
}
