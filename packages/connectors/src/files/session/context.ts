import type { Owner } from "@millrace/core";
import type { FileLayout } from "../layout-options.ts";

/** What everything in a session works with. */
export interface FilesContext {
  /** The folder that the user named. */
  readonly root: string;
  /** The folder of the pipeline's state. */
  readonly home: string;
  /** Where files are written until a commit publishes them. A dry run has one of its own, elsewhere. */
  readonly waiting: string;
  readonly layout: FileLayout;
  readonly owner: Owner;
  /** The run that commits belong to. */
  readonly run: string;
  readonly dryRun: boolean;
  readonly nowMs: () => number;
  /** A name that no other waiting file has. */
  nextName(): string;
  /** The names that were given since the last call. */
  takeNames(): readonly string[];
  /** Told of what is about to happen; tests end the process there. */
  step(name: string): Promise<void>;
}
