import { mkdir } from "node:fs/promises";
import path from "node:path";
import { MillraceError, type ReadContext } from "@millrace/core";
import type { ResolvedDocumentsOptions } from "../options.ts";
import type { FolderName } from "../store/stored-document.ts";

/** Where files of a pipeline's documents are, absolute. */
export interface Folders extends Readonly<Record<FolderName, string>> {
  /** Where documents come in. */
  readonly inbox: string;
  /** Where claimed files of all pipelines are. */
  readonly claims: string;
  /** Of the folder that all of them are in. */
  readonly base: string;
}

/** @param store id of the store, so that no two watchers share a folder of claimed files */
export function foldersOf(
  { folder, folders }: ResolvedDocumentsOptions,
  { directory, pipeline }: Pick<ReadContext, "directory" | "pipeline">,
  store: string,
): Folders {
  const base = path.resolve(directory, folder);
  const claims = path.resolve(base, folders.processing);
  return {
    base,
    claims,
    inbox: path.resolve(base, folders.inbox),
    processing: path.join(claims, claimFolder(pipeline, store)),
    done: path.resolve(base, folders.done),
    failed: path.resolve(base, folders.failed),
  };
}

/** Name of the folder of claimed files that belong to a pipeline and a store. */
export function claimFolder(pipeline: string | undefined, store: string): string {
  return `${pipeline ?? "documents"}@${store}`;
}

/** Makes the folders that are missing. Fails with MLR_SOURCE_FAILED where that cannot be done. */
export async function makeFolders(folders: Folders): Promise<void> {
  for (const each of [folders.inbox, folders.processing, folders.done, folders.failed]) {
    try {
      await mkdir(each, { recursive: true });
    } catch (error) {
      throw folderFailure(each, error);
    }
  }
}

/** What is wrong with a folder. */
export function folderFailure(folder: string, error: unknown): MillraceError {
  const { code, message } = error as NodeJS.ErrnoException;
  const denied = code === "EACCES" || code === "EPERM" || code === "EROFS";
  const hint = denied
    ? "The user that Millrace runs as has to be able to write to it."
    : code === "EXDEV"
      ? "inbox, processing, done and failed have to be on one file system: choose others with `folders`."
      : code === "ENOSPC"
        ? "Make room on its disk; nothing is lost, and it goes on by itself."
        : "Look whether it is there, and whether its drive is connected.";
  return new MillraceError(denied ? "MLR_SOURCE_DENIED" : "MLR_SOURCE_FAILED", `${folder}: ${message}`, {
    hint,
    ...(code === "EXDEV" ? { retry: "never" as const } : {}),
    details: { folder },
    cause: error,
  });
}
