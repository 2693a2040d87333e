import {
  type Capabilities,
  type Destination,
  MillraceError,
  type OpenOptions,
  type Owner,
  SCALAR_KINDS,
  type Session,
} from "@millrace/core";
import type { ObjectStore } from "../../shared/storage/object-store.ts";
import type { ResolvedObjectsOptions } from "../options.ts";
import { CommitLog } from "./commit-log.ts";
import { ObjectsSession } from "./objects-session.ts";
import { publishAll } from "./publish-all.ts";

const CAPABILITIES: Capabilities = {
  transactions: false,
  modes: ["append"],
  types: SCALAR_KINDS,
  arrays: true,
  identifiers: { maxBytes: 63 },
  dryRun: true,
};

/** A storage as the place where rows land, each as an object. */
export class ObjectsDestination implements Destination {
  readonly kind = "objects";
  readonly location: string;
  readonly capabilities = CAPABILITIES;
  readonly #store: ObjectStore;
  readonly #options: ResolvedObjectsOptions;

  constructor(store: ObjectStore, options: ResolvedObjectsOptions) {
    this.#store = store;
    this.#options = options;
    this.location = store.location;
  }

  async open(owner: Owner, { dryRun = false, full = false, signal }: OpenOptions = {}): Promise<Session> {
    if (signal?.aborted === true)
      throw new MillraceError(
        "MLR_RUN_STOPPED",
        `pipeline "${owner.pipeline}" was stopped while it opened its storage`,
      );
    const store = this.#store;
    const log = new CommitLog(store.backend, owner.pipeline);
    if (!dryRun) await log.begin(owner);
    const last = await log.last();
    // What a process that ended between its commit and the last object had left to do.
    if (!dryRun && last !== undefined && !(await log.isPublished(last.id)))
      await publishAll(store, log, last);
    const left = last?.run;
    const run = left !== undefined && !left.finished && !full ? left.id : owner.run;
    return new ObjectsSession({ store, log, options: this.#options, owner, last, run, full, dryRun });
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
