import { MillraceError, type Counts, type Epoch, type Json, type TableDefinition } from "@millrace/core";

/** Version of the layout of manifests and of what else is kept beside the tables. */
export const MANIFEST_VERSION = 1;

/** A file that readers find, and its description. Both are relative to the root, with `/` between the parts. */
export interface Placed {
  readonly path: string;
  readonly meta: string;
}

/** A file that waits, and where it is to be; its description waits under the same name with `.meta` behind it. */
export interface Move extends Placed {
  readonly from: string;
}

/** An open epoch of a pipeline. */
export interface EpochRecord {
  readonly epoch: Epoch;
  readonly table: string;
  /** The scope as canonical texts by column. */
  readonly where?: Readonly<Record<string, string | null>>;
  /** replace and snapshot: the files that become visible when it completes, as names among those that wait. */
  readonly pending: readonly string[];
}

/** A table as the pipeline writes it. */
export interface TableRecord {
  readonly definition: TableDefinition;
  /** Format, compression and folders of its files: these do not change. */
  readonly layout: string;
  /** snapshot: the last scope that was taken, also where it had no rows. */
  readonly lastSnapshot?: string;
}

/** What is known of a pipeline after one of its commits: the file that makes the commit. */
export interface Manifest {
  readonly version: number;
  readonly pipeline: string;
  readonly id: bigint;
  readonly attempt: bigint;
  /** ISO 8601. */
  readonly committedAt: string;
  readonly run: {
    readonly id: string;
    readonly finished: boolean;
    readonly counts: Readonly<Record<string, Counts>>;
  };
  readonly checkpoints: ReadonlyMap<string, Json>;
  readonly epochs: readonly EpochRecord[];
  readonly tables: readonly TableRecord[];
  /** What this commit does to the tables' folders: done after the manifest is there, and again when that was interrupted. */
  readonly publish: { readonly add: readonly Move[]; readonly remove: readonly Placed[] };
}

/** The manifest as the text of its file. */
export function formatManifest(manifest: Manifest): string {
  const { id, attempt, checkpoints, ...rest } = manifest;
  const json = { ...rest, id: String(id), attempt: String(attempt), checkpoints: [...checkpoints] };
  return `${JSON.stringify(json, null, 1)}\n`;
}

/** Fails with MLR_DESTINATION_FAILED where the text is no manifest of a version that is known here. */
export function parseManifest(text: string, path: string): Manifest {
  let json: (Omit<Manifest, "id" | "attempt" | "checkpoints"> & Record<string, unknown>) | undefined;
  try {
    json = JSON.parse(text) as typeof json;
  } catch (cause) {
    throw unreadable(path, "it is not JSON", cause);
  }
  if (json?.version !== MANIFEST_VERSION) {
    throw unreadable(
      path,
      `its version is ${String(json?.version)}, and this Millrace knows ${MANIFEST_VERSION}`,
    );
  }
  return {
    ...json,
    id: BigInt(json["id"] as string),
    attempt: BigInt(json["attempt"] as string),
    checkpoints: new Map(json["checkpoints"] as [string, Json][]),
  };
}

function unreadable(path: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError("MLR_DESTINATION_FAILED", `the manifest ${path} cannot be read: ${why}`, {
    hint: "Manifests tell what is committed: restore the file from a backup, or use the version of Millrace that wrote it.",
    details: { file: path },
    ...(cause === undefined ? {} : { cause }),
  });
}
