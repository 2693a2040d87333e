import { lstat, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { MillraceError, ReadContext } from "@millrace/core";
import type { DocumentStore } from "../store/store.ts";
import type { NewDocument, StoredDocument } from "../store/stored-document.ts";
import { claimedName, isPlainName, readClaimedName } from "./file-name.ts";
import { folderFailure, type Folders } from "./folders.ts";
import type { StableFile } from "./inbox.ts";
import { putAway } from "./put-away.ts";

/** A file with what it is to be known by. */
export interface Claim {
  readonly file: StableFile;
  readonly id: string;
  readonly priority: number;
}

/** What claiming needs. */
export interface ClaimContext {
  readonly store: DocumentStore;
  readonly folders: Folders;
  readonly log: ReadContext["log"];
}

/**
 * Takes files out of the inbox by renaming them, which one of several watchers can. Returns how many are ours now. Fails
 * with MLR_SOURCE_FAILED where the folders are not on one file system, or MLR_SOURCE_DENIED.
 * @param now in ms since 1970
 */
export async function claim(
  claims: readonly Claim[],
  { store, folders, log }: ClaimContext,
  now: number,
): Promise<number> {
  const documents = claims.map(({ file, id, priority }): NewDocument => ({
    id,
    name: file.name,
    raw: isPlainName(file.raw) ? null : file.raw,
    file: claimedName(id, file.raw),
    size: file.bytes,
    modified: file.modified,
    priority,
    received: now,
  }));
  store.intend(documents);
  const ours: string[] = [];
  const others: string[] = [];
  let failure: MillraceError | undefined;
  for (const [index, document] of documents.entries()) {
    const raw = claims[index]?.file.raw ?? Buffer.alloc(0);
    try {
      await rename(at(folders.inbox, raw), at(folders.processing, document.file));
      ours.push(document.id);
    } catch (error) {
      others.push(document.id);
      const { code } = error as NodeJS.ErrnoException;
      // Somebody else has it, or Windows says that its writer is not done.
      if (code === "ENOENT" || code === "EBUSY") continue;
      if (code === "EXDEV" || code === "ENOSPC" || code === "EROFS")
        failure = folderFailure(folders.processing, error);
      else
        log("warn", `${document.name} cannot be taken out of the inbox: ${String(error)}`, {
          file: document.name,
        });
    }
  }
  store.claimed(ours, others);
  if (failure !== undefined) throw failure;
  return ours.length;
}

/** Finds out what became of claims that a process left behind when it died. */
export async function settleClaims({ store, folders }: ClaimContext): Promise<void> {
  const ours: string[] = [];
  const others: string[] = [];
  for (const { id, file } of store.intended()) {
    const there = await lstat(at(folders.processing, file)).then(
      () => true,
      () => false,
    );
    (there ? ours : others).push(id);
  }
  store.claimed(ours, others);
}

/** What the checkpoint of another store said. */
export interface Predecessor {
  readonly store: string;
  /** Documents whose rows have landed, and whose files may still be among those that are worked on. */
  readonly landed: readonly string[];
}

/**
 * Takes over from a watcher of the same pipeline whose store is not here, because it ran on another machine: what landed is
 * put with what is done, everything else goes back to the inbox. Returns how many files that were.
 */
export async function takeOver(
  { store, landed }: Predecessor,
  folder: string,
  { folders, log }: Omit<ClaimContext, "store">,
): Promise<number> {
  const names = await readdir(folder, { encoding: "buffer" }).catch(() => undefined);
  if (names === undefined) return 0;
  const done = new Set(landed);
  let moved = 0;
  for (const name of names) {
    const known = readClaimedName(name);
    if (known === undefined) continue;
    const to = done.has(known.id) ? folders.done : folders.inbox;
    await putAway({ from: at(folder, name), folder: to, raw: known.raw, id: known.id });
    moved++;
  }
  await rm(folder, { recursive: true }).catch(() => undefined);
  if (moved > 0) {
    log("warn", `took over ${moved} files that ${path.basename(folder)} had claimed on another machine`, {
      store,
    });
  }
  return moved;
}

/** Bytes of a file's path. */
export function at(folder: string, file: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), file]);
}

/** The bytes of a document's own name. */
export function ownName({ raw, name }: Pick<StoredDocument, "raw" | "name">): Buffer {
  return raw === null ? Buffer.from(name) : Buffer.from(raw);
}
