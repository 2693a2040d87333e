import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { isAlive } from "./postmaster.ts";
import { startFailure } from "./failure.ts";

const BEAT_MS = 1000;
/** A holder that has not touched its lock for so long is stopped or on a machine that is gone. */
const STALE_MS = 15_000;

/**
 * Runs `work` while no other process does so for the same file. It saves useless work, and no more: two that get through
 * together are still told apart by the server's own lock and by renaming a finished data folder into place.
 * @param arrived is asked while waiting; a value other than undefined ends the wait and is returned.
 */
export async function withStartLock<T>(
  file: string,
  work: () => Promise<T>,
  arrived: () => Promise<T | undefined>,
): Promise<T> {
  const token = `${process.pid} ${randomUUID()}\n`;
  const giveUp = performance.now() + 180_000;
  while (!(await takeLockFile(file, token))) {
    const early = await arrived();
    if (early !== undefined) return early;
    if (performance.now() > giveUp) {
      throw startFailure(
        `Another process is starting the server for more than three minutes (lock ${file})`,
        {
          hint: "End that process, or delete the lock file where it is a leftover.",
        },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const beat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => undefined), BEAT_MS);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if ((await readFile(file, "utf8").catch(() => "")) === token) await rm(file, { force: true });
  }
}

/** Makes the lock file; false where another process has it. A file that a dead process left is taken away. @param token begins with the process's id */
export async function takeLockFile(file: string, token: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.writeFile(token);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    await removeStale(file);
    return false;
  }
}

async function removeStale(file: string): Promise<void> {
  const [text, facts] = await Promise.all([
    readFile(file, "utf8").catch(() => undefined),
    stat(file).catch(() => undefined),
  ]);
  if (text === undefined || facts === undefined) return;
  const pid = Number.parseInt(text, 10);
  const quiet = Date.now() - facts.mtimeMs;
  // An empty file is one that was made this instant, or the leftover of a full disk.
  const dead = Number.isInteger(pid) ? !isAlive(pid) : quiet > BEAT_MS * 2;
  if (!dead && quiet < STALE_MS) return;
  const aside = `${file}.${randomUUID()}`;
  await rename(file, aside).catch(() => undefined);
  await rm(aside, { force: true });
}
