import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Owner } from "@millrace/core";
import { removeFile, syncFolder, writeDurably } from "../io/durable.ts";
import { errno } from "../io/io-error.ts";
import { currentAttempt, fenced, names, stateFolder } from "./fence.ts";
import { formatManifest, parseManifest, type Manifest } from "./manifest.ts";
import { pipelinesFolder, waitingFolder } from "./paths.ts";

const DIGITS = 12;
/** Tries of a reader that finds the folder renamed under it. */
const READ_TRIES = 10;

/** The last manifest of a pipeline; undefined where it has committed nothing. */
export async function readManifest(home: string): Promise<Manifest | undefined> {
  for (let tries = 1; ; tries++) {
    const attempt = await currentAttempt(home);
    if (attempt === undefined) return undefined;
    const folder = stateFolder(home, attempt);
    const last = (await manifestNames(folder)).at(-1);
    if (last === undefined) {
      if ((await currentAttempt(home)) === attempt) return undefined;
      continue;
    }
    const path = join(folder, last);
    try {
      return parseManifest(await readFile(path, "utf8"), path);
    } catch (error) {
      // A takeover or a commit came in between.
      if (errno(error) !== "ENOENT" || tries === READ_TRIES) throw error;
    }
  }
}

/**
 * The commit point: from here on the manifest's commit has happened. Fails with MLR_FENCED where another attempt has
 * taken over, and then nothing has happened.
 */
export async function writeManifest(home: string, owner: Owner, manifest: Manifest): Promise<void> {
  const folder = stateFolder(home, owner.attempt);
  const name = nameOf(manifest.id);
  const waiting = join(waitingFolder(home), `${String(owner.attempt)}-${name}.tmp`);
  await rm(waiting, { force: true });
  await writeDurably(waiting, formatManifest(manifest));
  try {
    await rename(waiting, join(folder, name));
  } catch (error) {
    await removeFile(waiting).catch(() => undefined);
    // The folder is gone, or what waited was cleared away: both are the doing of a successor.
    if (errno(error) !== "ENOENT") throw error;
    throw fenced(owner, (await currentAttempt(home)) ?? owner.attempt);
  }
  await syncFolder(folder);
}

/** Writes the last manifest anew, in one step. For what is changed from outside, while no run is going on. */
export async function replaceManifest(home: string, manifest: Manifest): Promise<void> {
  const current = (await currentAttempt(home)) ?? manifest.attempt;
  const folder = stateFolder(home, current);
  const fresh = join(folder, `.${nameOf(manifest.id)}.tmp`);
  await rm(fresh, { force: true });
  await writeDurably(fresh, formatManifest(manifest));
  await rename(fresh, join(folder, nameOf(manifest.id)));
  await syncFolder(folder);
}

/** Forgets the manifests before this one: it says all that has to be known. */
export async function dropOlderManifests(home: string, owner: Owner, id: bigint): Promise<void> {
  const folder = stateFolder(home, owner.attempt);
  for (const name of await manifestNames(folder)) {
    if (BigInt(name.slice(0, -".json".length)) < id) await removeFile(join(folder, name));
  }
}

/** The last manifest of every pipeline that writes into the folder. */
export async function allManifests(root: string): Promise<Manifest[]> {
  const found: Manifest[] = [];
  const homes = pipelinesFolder(root);
  for (const name of (await names(homes)).toSorted()) {
    const manifest = name.startsWith(".") ? undefined : await readManifest(join(homes, name));
    if (manifest !== undefined) found.push(manifest);
  }
  return found;
}

async function manifestNames(folder: string): Promise<string[]> {
  return (await names(folder)).filter((name) => /^\d+\.json$/.test(name)).toSorted();
}

function nameOf(id: bigint): string {
  return `${String(id).padStart(DIGITS, "0")}.json`;
}
