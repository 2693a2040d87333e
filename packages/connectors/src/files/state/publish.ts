import { join } from "node:path";
import { exists, makeFolder, moveFile, removeFile, syncFolder } from "../io/durable.ts";
import { names } from "./fence.ts";
import type { Manifest, Move, Placed } from "./manifest.ts";
import { waitingFolder } from "./paths.ts";

/** Name of the description that belongs to a waiting file. */
export const META = ".meta";

/**
 * Puts the files of a commit where readers find them and takes away those that it replaces. The manifest is written by then, so
 * this may be interrupted anywhere and done again, also by two processes at once: a file that is not there any more was moved
 * by the other one, and a name that is removed never comes back.
 */
export async function publish(
  root: string,
  home: string,
  { publish: work }: Manifest,
  step?: (name: string) => Promise<void>,
): Promise<void> {
  const folders = new Set<string>();
  for (const move of work.add) {
    await place(root, home, move, folders);
    await step?.("placed");
  }
  for (const placed of work.remove) {
    await take(root, placed, folders);
    await step?.("taken");
  }
  for (const folder of folders) await syncFolder(folder);
}

/** Deletes waiting files that are not wanted any more. */
export async function dropWaiting(home: string, unwanted: Iterable<string>): Promise<void> {
  for (const name of unwanted) {
    for (const suffix of ["", META]) await removeFile(join(waitingFolder(home), `${name}${suffix}`));
  }
}

/** Deletes what waits without belonging to the last commit: what was being written when a process ended. */
export async function clearWaiting(home: string, manifest: Manifest | undefined): Promise<void> {
  const wanted = new Set(manifest?.epochs.flatMap(({ pending }) => pending));
  const folder = waitingFolder(home);
  for (const name of await names(folder)) {
    if (!wanted.has(name.endsWith(META) ? name.slice(0, -META.length) : name))
      await removeFile(join(folder, name));
  }
}

async function place(root: string, home: string, move: Move, folders: Set<string>): Promise<void> {
  const to = join(root, ...move.path.split("/"));
  const meta = join(root, ...move.meta.split("/"));
  const from = join(waitingFolder(home), move.from);
  if (!(await exists(from))) return;
  await makeFolder(join(meta, ".."));
  await makeFolder(join(to, ".."));
  await moveFile(`${from}${META}`, meta);
  await moveFile(from, to);
  folders.add(join(meta, "..")).add(join(to, ".."));
}

async function take(root: string, { path, meta }: Placed, folders: Set<string>): Promise<void> {
  for (const each of [path, meta]) {
    const file = join(root, ...each.split("/"));
    await removeFile(file);
    if ((await names(join(file, ".."))).length > 0) folders.add(join(file, ".."));
  }
}
