import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  MillraceError,
  SCALAR_KINDS,
  systemClock,
  type Capabilities,
  type Clock,
  type Destination,
  type Inspector,
  type OpenOptions,
  type Owner,
  type Session,
} from "@millrace/core";
import { ioError } from "./io/io-error.ts";
import { makeFolder } from "./io/durable.ts";
import { FilesInspector } from "./inspect/files-inspector.ts";
import type { FileLayout } from "./layout-options.ts";
import type { FilesContext } from "./session/context.ts";
import { FILE_MODES } from "./session/evolve.ts";
import { FilesSession } from "./session/files-session.ts";
import { fenced, raiseFence, currentAttempt } from "./state/fence.ts";
import { readManifest } from "./state/manifests.ts";
import { pipelineHome, waitingFolder } from "./state/paths.ts";
import { clearWaiting, publish } from "./state/publish.ts";

/** What a folder of files can do. */
const FILE_CAPABILITIES: Capabilities = {
  transactions: false,
  modes: [...FILE_MODES],
  types: SCALAR_KINDS,
  arrays: true,
  identifiers: { maxBytes: 63 },
  dryRun: true,
};

/** What `FilesDestination` is made with. */
export interface FilesDestinationOptions {
  /** Absolute. */
  readonly root: string;
  readonly layout: FileLayout;
  /** Default the machine's. */
  readonly clock?: Clock;
  /** Told of what is about to happen, see `FilesContext.step`. */
  readonly onStep?: (name: string) => Promise<void>;
}

/** A folder as the place where rows land: files become visible whole, and a manifest makes each commit. */
export class FilesDestination implements Destination {
  readonly kind = "files";
  readonly location: string;
  readonly capabilities = FILE_CAPABILITIES;
  readonly #options: FilesDestinationOptions;

  constructor(options: FilesDestinationOptions) {
    this.#options = options;
    this.location = options.root;
  }

  async open(owner: Owner, options: OpenOptions = {}): Promise<Session> {
    if (options.signal?.aborted === true)
      throw new MillraceError(
        "MLR_RUN_STOPPED",
        `pipeline "${owner.pipeline}" was stopped while it opened its folder`,
      );
    try {
      return await (options.dryRun === true ? this.#look(owner, options) : this.#takeOver(owner, options));
    } catch (error) {
      throw ioError(error, `opening ${this.location}`);
    }
  }

  async inspect(): Promise<Inspector> {
    return new FilesInspector(this.#options.root);
  }

  async close(): Promise<void> {}

  async #takeOver(owner: Owner, { full = false }: OpenOptions): Promise<Session> {
    const { root } = this.#options;
    const home = pipelineHome(root, owner.pipeline);
    await makeFolder(root);
    await raiseFence(home, owner);
    await this.#options.onStep?.("fenced");
    const manifest = await readManifest(home);
    // What a process that ended between its commit and the last file had left to do.
    if (manifest !== undefined) await publish(root, home, manifest, this.#options.onStep);
    await clearWaiting(home, manifest);
    // Somebody may have come after while this was going on.
    const current = await currentAttempt(home);
    if (current !== undefined && current > owner.attempt) throw fenced(owner, current);
    const left = manifest?.run;
    const run = left !== undefined && !left.finished && !full ? left.id : owner.run;
    const context = this.#context(owner, { home, waiting: waitingFolder(home), run, dryRun: false });
    return new FilesSession({ context, manifest, full });
  }

  /** A dry run writes its files elsewhere, and raises no fence. */
  async #look(owner: Owner, { full = false }: OpenOptions): Promise<Session> {
    const home = pipelineHome(this.#options.root, owner.pipeline);
    const manifest = await readManifest(home);
    const waiting = await mkdtemp(join(tmpdir(), "millrace-dry-run-"));
    const context = this.#context(owner, { home, waiting, run: owner.run, dryRun: true });
    return new FilesSession({ context, manifest, full });
  }

  #context(owner: Owner, own: Pick<FilesContext, "home" | "waiting" | "run" | "dryRun">): FilesContext {
    const { root, layout, clock = systemClock, onStep } = this.#options;
    let number = 0;
    let names: string[] = [];
    return {
      ...own,
      root,
      layout,
      owner,
      nowMs: () => clock.now(),
      nextName: () => {
        const name = `${owner.attempt}-${++number}`;
        names.push(name);
        return name;
      },
      takeNames: () => {
        const taken = names;
        names = [];
        return taken;
      },
      step: async (name) => onStep?.(name),
    };
  }
}
