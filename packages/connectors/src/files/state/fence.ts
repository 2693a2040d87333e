import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MillraceError, type Owner } from "@millrace/core";
import { makeFolder, syncFolder } from "../io/durable.ts";
import { errno } from "../io/io-error.ts";
import { waitingFolder } from "./paths.ts";

/*
 * The fence is the name of a folder. The manifests of a pipeline are in `state-<attempt>` of its own folder, its home; whoever takes over renames that
 * folder, in one step of the file system. The commit of an attempt renames its manifest into the folder of its own name:
 * either that happens before the takeover, which then finds the manifest, or it finds no such folder and fails. No lock
 * is held by anybody, so nothing is left behind by a process that is killed, stopped or cut off.
 */

const PREFIX = "state-";
const DIGITS = 12;
const MOVED = new Set(["ENOENT", "ENOTEMPTY", "EEXIST", "EPERM"]);

/** Folder of the manifests while `attempt` is the one that may write. */
export function stateFolder(home: string, attempt: bigint): string {
  return join(home, `${PREFIX}${String(attempt).padStart(DIGITS, "0")}`);
}

/** The attempt that may write now; undefined where the pipeline was never opened. */
export async function currentAttempt(home: string): Promise<bigint | undefined> {
  const attempts = (await names(home))
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => BigInt(name.slice(PREFIX.length)));
  return attempts.reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
}

/** Takes over. Fails with MLR_FENCED unless the attempt is higher than every one before. */
export async function raiseFence(home: string, owner: Owner): Promise<void> {
  const { attempt } = owner;
  for (;;) {
    const current = await currentAttempt(home);
    if (current === undefined) {
      await begin(home);
      continue;
    }
    if (attempt <= current) throw fenced(owner, current);
    try {
      await rename(stateFolder(home, current), stateFolder(home, attempt));
      return await syncFolder(home);
    } catch (error) {
      // Somebody else took over in between: look again.
      if (errno(error) !== "ENOENT") throw error;
    }
  }
}

/** The error of an attempt that may not write any more. */
export function fenced({ pipeline, attempt }: Owner, by: bigint): MillraceError {
  return new MillraceError(
    "MLR_FENCED",
    `attempt ${attempt} of pipeline "${pipeline}" may not write: attempt ${by} has taken over`,
    { hint: "Let the later attempt finish.", details: { attempt: String(by) } },
  );
}

/** Names in a folder; none where it does not exist. */
export async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errno(error) === "ENOENT") return [];
    throw error;
  }
}

/** Makes the pipeline's folder in one step, so that of two who begin at once one finds what the other made. */
async function begin(home: string): Promise<void> {
  await makeFolder(dirname(home));
  const fresh = join(dirname(home), `.new-${randomBytes(6).toString("hex")}`);
  await mkdir(stateFolder(fresh, 0n), { recursive: true });
  await mkdir(waitingFolder(fresh));
  try {
    await rename(fresh, home);
    await syncFolder(dirname(home));
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!MOVED.has(errno(error) ?? "")) throw error;
    // Where nobody else made it, it is not the race that was lost.
    if ((await names(home)).length === 0) throw error;
  }
}
