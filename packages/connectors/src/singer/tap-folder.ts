import { createHash } from "node:crypto";
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";

/** How far the clock of a file system may be behind that of the process. */
const CLOCK_MS = 2_000;

/**
 * Makes a folder that this user alone can read, and removes those that killed processes left behind with the
 * configurations of taps in them.
 * @param root where it is made; default the folder for temporary files.
 */
export async function makeTapFolder(root = tmpdir()): Promise<string> {
  // Containers may share the folder, and know nothing of one another's processes: their names tell them apart.
  const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
  const prefix = `millrace-singer-${host}-`;
  await removeLeftovers(root, prefix);
  // A folder made so is readable by its owner alone.
  return mkdtemp(path.join(root, `${prefix}${process.pid}-`));
}

async function removeLeftovers(root: string, prefix: string): Promise<void> {
  const names = await readdir(root).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(prefix))) {
    const pid = Number(/^(\d+)-/.exec(name.slice(prefix.length))?.[1]);
    const folder = path.join(root, name);
    if (!Number.isSafeInteger(pid) || pid <= 0 || !(await isLeft(folder, pid))) continue;
    // What belongs to another user stays; the reading goes on all the same.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function isLeft(folder: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return !isAlive(pid);
  // A container that starts again gives its processes the same numbers.
  const { mtimeMs } = await lstat(folder).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
  return mtimeMs < performance.timeOrigin - CLOCK_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
